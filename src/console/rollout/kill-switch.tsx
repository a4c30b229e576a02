import { useState } from 'react';
import { useAction } from '../api/outcome.ts';
import { KillLearnedFusionDocument, ResumeLearnedFusionDocument, type RolloutStateFragment } from '../gql/graphql.ts';
import { Confirm } from '../parts/confirm.tsx';

/** Switches learned fusion off for everyone, and on again; asks before either. */
export function KillSwitch({ name, fusion, rollout }: { name: string; fusion: string; rollout: RolloutStateFragment }) {
  // what was asked for when the dialog opened: meanwhile somebody else may kill or resume, and Enter must not do the opposite
  const [asking, setAsking] = useState<'kill' | 'resume' | null>(null);
  const kill = useAction(KillLearnedFusionDocument);
  const resume = useAction(ResumeLearnedFusionDocument);
  const { retrieverId, killed, staticFusion, rolloutPct } = rollout;
  // one that learns in the shadow of a static fusion goes on with that
  const instead = fusion === 'LEARNED' ? staticFusion : fusion;
  const action = asking === 'resume' ? resume : kill;
  const close = () => {
    action.forgetFault();
    setAsking(null);
  };
  const confirm = async (reason: string | null) => {
    const { done } = await action.run({ input: { retrieverId, reason } });
    if (done) close();
  };
  return (
    <>
      <button
        type="button"
        className={killed === null ? 'button button--danger' : 'button button--main'}
        onClick={() => setAsking(killed === null ? 'kill' : 'resume')}
      >
        {killed === null ? 'Kill learned fusion' : 'Resume learned fusion'}
      </button>
      {asking === null ? null : (
        <Confirm
          title={asking === 'kill' ? `Kill learned fusion of ${name}?` : `Resume learned fusion of ${name}?`}
          action={asking === 'kill' ? 'Kill it' : 'Resume it'}
          danger={asking === 'kill'}
          asksWhy
          busy={action.busy}
          fault={action.fault}
          onConfirm={(reason) => void confirm(reason)}
          onCancel={close}
        >
          {asking === 'kill' ? (
            <p>
              Within a second every server serves everyone {instead}, until you resume it. Clicks go on being learned
              from, so nothing is lost.
            </p>
          ) : (
            <p>It goes on as it was set before: {rolloutPct} % of the users outside the control group are served it.</p>
          )}
        </Confirm>
      )}
    </>
  );
}
