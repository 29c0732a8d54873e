/** Something small to store: colours by name. */

/** Red, green and blue, 0 to 255 each, of some CSS colours. */
export const COLOURS: Readonly<Record<string, readonly [number, number, number]>> = {
  black: [0, 0, 0],
  white: [255, 255, 255],
  red: [255, 0, 0],
  lime: [0, 255, 0],
  blue: [0, 0, 255],
  yellow: [255, 255, 0],
  cyan: [0, 255, 255],
  magenta: [255, 0, 255],
  gray: [128, 128, 128],
  maroon: [128, 0, 0],
  olive: [128, 128, 0],
  green: [0, 128, 0],
  purple: [128, 0, 128],
  teal: [0, 128, 128],
  navy: [0, 0, 128],
  coral: [255, 127, 80],
  orange: [255, 165, 0],
  gold: [255, 215, 0],
  salmon: [250, 128, 114],
  khaki: [240, 230, 140],
  orchid: [218, 112, 214],
  indigo: [75, 0, 130],
  turquoise: [64, 224, 208],
  chocolate: [210, 105, 30],
}
