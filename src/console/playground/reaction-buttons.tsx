import { useState } from 'react';
import { useAction } from '../api/outcome.ts';
import { ReactDocument, type InteractionType } from '../gql/graphql.ts';

const reactions: readonly { word: string; done: string; interactionTypes: readonly InteractionType[] }[] = [
  { word: 'Click', done: 'Clicked', interactionTypes: ['CLICK'] },
  { word: 'Buy', done: 'Bought', interactionTypes: ['CLICK', 'PURCHASE'] },
  { word: 'Skip', done: 'Skipped', interactionTypes: ['SKIP'] },
];

/** What a person might do with a hit. Each counts once, as the API has it. */
export function ReactionButtons({ executionId, position }: { executionId: string; position: number }) {
  const { run, busy, fault } = useAction(ReactDocument);
  const [done, setDone] = useState<readonly string[]>([]);
  const [isKept, setIsKept] = useState(false);
  const react = async ({ word, interactionTypes }: (typeof reactions)[number]) => {
    const outcome = await run({ input: { executionId, position, interactionTypes: [...interactionTypes] } });
    if (!outcome.done) return;
    setDone((before) => [...before, word]);
    setIsKept(!outcome.payload.interaction.trains);
  };
  return (
    <div className="row">
      {reactions.map((reaction) => {
        const isDone = done.includes(reaction.word);
        return (
          <button
            key={reaction.word}
            type="button"
            className={isDone ? 'button button--small button--done' : 'button button--small'}
            aria-label={`${isDone ? reaction.done : reaction.word}: hit ${position + 1}`}
            // not `disabled`, which would take the focus away from who is there
            aria-disabled={busy || isDone}
            onClick={() => {
              if (!busy && !isDone) void react(reaction);
            }}
          >
            {isDone ? reaction.done : reaction.word}
          </button>
        );
      })}
      {isKept ? (
        <span className="small muted" role="status">
          Kept, but only this user’s own weights learn from it: this key has taught everyone enough for now.
        </span>
      ) : null}
      {fault === null ? null : (
        <span className="small" role="alert">
          {fault}
        </span>
      )}
    </div>
  );
}
