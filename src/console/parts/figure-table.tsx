interface FigureTableProps {
  /** Names it, where it is scrolled to and read out. */
  label: string;
  columns: readonly string[];
  /** The first cell names the row; the others are figures. */
  rows: readonly { key: string; cells: readonly string[] }[];
}

/** Rows of figures; scrolls by itself where it is too wide. */
export function FigureTable({ label, columns, rows }: FigureTableProps) {
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label={label}>
      <table className="table">
        <thead>
          <tr>
            {columns.map((column, index) => (
              <th key={column} scope="col" className={index === 0 ? undefined : 'number'}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells: [name, ...figures] }) => (
            <tr key={key}>
              <th scope="row">{name}</th>
              {figures.map((figure, index) => (
                <td key={index} className="number">
                  {figure}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
