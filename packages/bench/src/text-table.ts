/** Rows and columns of text. */

const GAP = '  '

/**
 * Lays out cells in columns: the first one to the left, the others to the right.
 *
 * @param rows - of cells, the header first
 * @returns lines without a newline at the end
 * @internal
 */
export function textTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  return rows
    .map((row) => {
      const cells = row.map((cell, column) => {
        const width = widths[column] ?? 0
        return column === 0 ? cell.padEnd(width) : cell.padStart(width)
      })
      return cells.join(GAP).trimEnd()
    })
    .join('\n')
}
