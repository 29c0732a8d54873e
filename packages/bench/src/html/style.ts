/**
 * The style of the page. Colours of series differ in lightness as well as in hue, and every one
 * has a contrast of at least 3:1 to the page, text of 4.5:1 and more, in both schemes. No letter is
 * smaller than 14 pixels. What is drawn beside a plotting area lies in the margins given here.
 */

/**
 * The content of a `<style>` element.
 *
 * @internal
 */
export const STYLE = `
:root { color-scheme: light dark;
  --page: #ffffff; --text: #16191d; --soft: #4d5661;
  --line: #d5dae0; --edge: #6b7480; --box: #f3f5f7;
  --s0: #1d2733; --s1: #1763c6; --s2: #b8400e; --s3: #16876b; --s4: #9656c2; --s5: #a47200;
  --h0: #ffffff; --h1: #e6eff9; --h2: #cbdff4; --h3: #aecdee; --h4: #90bae8; --h5: #72a7e0; }
@media (prefers-color-scheme: dark) { :root {
  --page: #14171b; --text: #eceff2; --soft: #aeb7c1;
  --line: #343b43; --edge: #8a949f; --box: #1e2329;
  --s0: #f2f4f6; --s1: #74b0ff; --s2: #ff8f5c; --s3: #46cfa9; --s4: #cf9ff2; --s5: #e8bd45;
  --h0: #14171b; --h1: #182331; --h2: #1c3048; --h3: #213e60; --h4: #264c79; --h5: #2b5a92; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 1040px; padding: 12px 16px 32px; background: var(--page);
  color: var(--text); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 20px; margin: 8px 0; }
h2 { font-size: 24px; margin: 32px 0 8px; border-top: 2px solid var(--edge); padding-top: 16px; }
h3 { font-size: 18px; margin: 32px 0 8px; }
a { color: inherit; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 20px; list-style: none; margin: 0; padding: 0; }
nav a { display: inline-block; padding: 6px 0; }
footer { color: var(--soft); margin-top: 40px; }
.command { display: block; background: var(--box); padding: 8px 12px; border-radius: 6px;
  font: 14px/1.5 ui-monospace, monospace; }
.command span { display: inline-block; }
.notes { color: var(--soft); padding-left: 20px; margin: 12px 0; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 120px), 1fr));
  gap: 8px 20px; margin: 16px 0; }
dl > div:nth-last-child(-n + 3) { grid-column: 1 / -1; }
dt { color: var(--soft); font-size: 14px; }
dd { margin: 0; }
.hint { color: var(--soft); margin: 0 0 8px; }
pre { font: 14px/1.45 ui-monospace, monospace; margin: 12px 0; }
.limit { display: inline-block; margin-right: 16px; }
figure { margin: 32px 0 0; overflow: hidden; }
figcaption { font-size: 18px; font-weight: 600; line-height: 1.35; margin-bottom: 8px; }
.scroll { overflow-x: auto; background:
  linear-gradient(90deg, var(--page) 8px, transparent) left / 32px 100% local,
  linear-gradient(270deg, var(--page) 8px, transparent) right / 32px 100% local,
  linear-gradient(90deg, var(--line), transparent) left / 10px 100% scroll,
  linear-gradient(270deg, var(--line), transparent) right / 10px 100% scroll;
  background-repeat: no-repeat; }
.causes { display: block; font-size: 15px; }
.causes dt { display: inline; color: var(--text); font-weight: 600; font-size: inherit; }
.causes dd { display: inline; color: var(--soft); }
.scroll:focus-visible, summary:focus-visible, a:focus-visible { outline: 3px solid var(--s1);
  outline-offset: 1px; }
table { border-collapse: collapse; font-size: 15px; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 10px; border-bottom: 1px solid var(--line); text-align: right;
  white-space: nowrap; }
thead th { color: var(--soft); font-weight: 600; border-bottom-color: var(--edge); }
th:first-child { text-align: left; padding-left: 0; }
th[scope=row] { font-weight: 400; white-space: normal; min-width: 150px; }
td:last-child { color: var(--soft); }
.heat td { color: var(--text); border: 1px solid var(--line); min-width: 76px; }
.heat th:first-child { position: sticky; left: 0; background: var(--page); }
.heat thead th { text-align: center; }
.heat thead th:first-child { text-align: left; }
.heat td { text-align: center; }
small { display: block; font-size: 14px; line-height: 1.2; }
.h0 { background: var(--h0); } .h1 { background: var(--h1); } .h2 { background: var(--h2); }
.h3 { background: var(--h3); } .h4 { background: var(--h4); } .h5 { background: var(--h5); }
details { border-bottom: 1px solid var(--line); }
summary { padding: 10px 0; cursor: pointer; font-weight: 600; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 20px; margin: 0 0 8px;
  padding: 0; font-size: 15px; }
.swatch { width: 36px; height: 16px; margin-right: 8px; vertical-align: -2px; }
.short { width: 16px; }
svg { overflow: visible; }
svg text { fill: var(--text); font-size: 14px; }
.plot, .rows { display: block; }
.plot { width: calc(100% - 72px); height: 280px; margin: 36px 14px 52px 58px; }
@media (max-width: 480px) {
  .heat th, .heat td { padding: 6px 5px; font-size: 14px; }
  .heat td { min-width: 0; } .heat th[scope=row] { min-width: 88px; } }
.plot.low { height: 140px; }
.rows { width: calc(100% - 26px); margin: 8px 18px 52px 8px; }
.inset { width: calc(100% - 72px); margin: 0 14px 52px 58px; }
.inset .words { transform: translateX(-56px); }
svg .tick, svg .axis-title { fill: var(--soft); }
svg .row-name { font-weight: 600; }
svg .row-name, svg .row-text { paint-order: stroke; stroke: var(--page); stroke-width: 4px;
  stroke-linejoin: round; }
.grid { stroke: var(--line); }
.level { stroke: var(--edge); stroke-dasharray: 6 4; stroke-width: 1.5; }
.range { stroke: var(--edge); stroke-width: 2; }
.series { fill: none; stroke: var(--s1); stroke-width: 1.5; stroke-linejoin: round;
  vector-effect: non-scaling-stroke; }
.sample { fill: var(--s1); }
.line, .stroke { stroke: currentColor; stroke-width: 2; }
.shape { fill: currentColor; stroke: currentColor; stroke-width: 2.5; }
.bar { fill: currentColor; }
.s0 { color: var(--s0); } .s1 { color: var(--s1); }
.s2 { color: var(--s2); } .s3 { color: var(--s3); }
.s4 { color: var(--s4); } .s5 { color: var(--s5); }
.line.s1 { stroke-dasharray: 8 4; } .line.s2 { stroke-dasharray: 2 3; }
.line.s3 { stroke-dasharray: 10 3 2 3; } .line.s4 { stroke-dasharray: 5 5; }
.line.s5 { stroke-dasharray: 12 3 2 3 2 3; }
`
