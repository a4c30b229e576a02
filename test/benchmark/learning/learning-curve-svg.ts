interface Line {
  name: string;
  colour: string;
  points: readonly { searches: number; ndcg: number; ci: number }[];
}

interface Level {
  name: string;
  ndcg: number;
}

const WIDTH = 720;
const HEIGHT = 360;
/** In the gap between the best of the levels and the worst. */
const LEGEND_TOP = 190;
const BOX = { left: 60, right: 170, top: 24, bottom: 44 };

/** Learning curves over a logarithmic number of searches, with bands of 95 % (of the gain over equal weights) and level lines to compare with. */
export function learningCurveSvg(title: string, lines: readonly Line[], levels: readonly Level[]): string {
  const searches = lines.flatMap(({ points }) => points.map((point) => point.searches));
  const values = [
    ...levels.map(({ ndcg }) => ndcg),
    ...lines.flatMap(({ points }) => points.flatMap(({ ndcg, ci }) => [ndcg - ci, ndcg + ci])),
  ];
  const low = Math.min(...values) - 0.003;
  const high = Math.max(...values) + 0.003;
  const first = Math.log(Math.min(...searches));
  const last = Math.log(Math.max(...searches));
  const x = (count: number) => BOX.left + ((Math.log(count) - first) / (last - first)) * (WIDTH - BOX.left - BOX.right);
  const y = (ndcg: number) => BOX.top + ((high - ndcg) / (high - low)) * (HEIGHT - BOX.top - BOX.bottom);
  const at = (count: number, ndcg: number) => `${x(count).toFixed(1)},${y(ndcg).toFixed(1)}`;
  const marks = [...new Set(searches)].sort((a, b) => a - b);

  const axis = marks.map(
    (mark) => `<text x="${x(mark).toFixed(1)}" y="${HEIGHT - BOX.bottom + 18}" text-anchor="middle">${mark}</text>`,
  );
  const level = levels.map(
    ({ name, ndcg }) =>
      `<line x1="${BOX.left}" x2="${WIDTH - BOX.right}" y1="${y(ndcg).toFixed(1)}" y2="${y(ndcg).toFixed(1)}" stroke="#888" stroke-dasharray="4 3"/>` +
      `<text x="${BOX.left - 6}" y="${(y(ndcg) + 4).toFixed(1)}" text-anchor="end">${ndcg.toFixed(3)}</text>` +
      `<text x="${WIDTH - BOX.right + 6}" y="${(y(ndcg) + 4).toFixed(1)}" fill="#777">${name}</text>`,
  );
  const curves = lines.map(({ colour, points }) => {
    const band = [
      ...points.map(({ searches: count, ndcg, ci }) => at(count, ndcg + ci)),
      ...points.toReversed().map(({ searches: count, ndcg, ci }) => at(count, ndcg - ci)),
    ];
    const line = points.map(({ searches: count, ndcg }) => at(count, ndcg));
    return (
      `<polygon points="${band.join(' ')}" fill="${colour}" opacity="0.12"/>` +
      `<polyline points="${line.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`
    );
  });
  const legend = lines.map(
    ({ name, colour }, index) =>
      `<text x="${WIDTH - BOX.right + 6}" y="${LEGEND_TOP + 18 * index}" fill="${colour}">${name}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${BOX.left}" y="15" font-weight="600">${title}</text>`,
    ...level,
    ...curves,
    ...legend,
    ...axis,
    `<text x="${(BOX.left + WIDTH - BOX.right) / 2}" y="${HEIGHT - 8}" text-anchor="middle">searches with feedback</text>`,
    '</svg>',
    '',
  ].join('\n');
}
