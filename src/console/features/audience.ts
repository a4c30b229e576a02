/** Whose weights are looked at. */
export type Audience =
  | { kind: 'everyone' }
  | { kind: 'segment'; segment: string }
  | { kind: 'user'; userId: string; segment: string | null };

/** As the API takes it. */
export function audienceVariables(audience: Audience): { userId: string | null; segment: string | null } {
  switch (audience.kind) {
    case 'everyone':
      return { userId: null, segment: null };
    case 'segment':
      return { userId: null, segment: audience.segment };
    case 'user':
      return { userId: audience.userId, segment: audience.segment };
  }
}

/** Who a search is for, as an audience. */
export function audienceOf({ userId, segment }: { userId: string | null; segment: string | null }): Audience {
  if (userId !== null) return { kind: 'user', userId, segment };
  return segment === null ? { kind: 'everyone' } : { kind: 'segment', segment };
}
