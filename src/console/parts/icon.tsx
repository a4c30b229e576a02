const paths = {
  overview: 'M3 12.5 10 5l7 7.5M5.5 10.5V16h9v-5.5',
  playground: 'M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12ZM13.5 13.5 17 17',
  evaluations: 'M4 16V9M8.7 16V4M13.3 16v-5M17 16V7M2.5 16.5h15',
  analytics: 'M3 14.5 7.5 9l3.5 3 6-7.5M13 4.5h4v4',
  sun: 'M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM10 2v1.8M10 16.2V18M2 10h1.8M16.2 10H18M4.3 4.3l1.3 1.3M14.4 14.4l1.3 1.3M4.3 15.7l1.3-1.3M14.4 5.6l1.3-1.3',
  moon: 'M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3Z',
  system: 'M3 4.5h14v9H3zM7.5 17h5M10 13.5V17',
  leave: 'M12 4H5v12h7M9 10h8M14 7l3 3-3 3',
  up: 'M10 15.5v-11M5.5 9 10 4.5 14.5 9',
  down: 'M10 4.5v11M5.5 11l4.5 4.5 4.5-4.5',
  close: 'M5 5l10 10M15 5 5 15',
} as const;

export type IconName = keyof typeof paths;

/** Drawn in the colour of the text; the words beside it name it. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}
