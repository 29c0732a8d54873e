/**
 * A child that ends in the way it is told, without a word.
 *
 *     node dying.mjs <a signal | exit | hang>
 */

const [ending] = process.argv.slice(2)
if (ending === 'exit') process.exit(3)
else if (ending === 'hang') setInterval(() => undefined, 1000)
else process.kill(process.pid, ending)
