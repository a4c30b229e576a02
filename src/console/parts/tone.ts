/** How a state is to be taken. */
export type Tone = 'plain' | 'accent' | 'good' | 'warn' | 'danger';
