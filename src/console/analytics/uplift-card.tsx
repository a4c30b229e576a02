import { Badge } from '../parts/badge.tsx';
import type { Tone } from '../parts/tone.ts';
import { Card } from '../parts/card.tsx';
import { percent, signed } from '../parts/format.ts';
import { Interval } from '../parts/interval.tsx';
import { Empty } from '../parts/states.tsx';
import type { Performance } from './performance.ts';

type Uplift = Performance['ctrUplift'];

const verdicts: Record<string, { word: string; tone: Tone }> = {
  BETTER: { word: 'Better', tone: 'good' },
  WORSE: { word: 'Worse', tone: 'danger' },
  NO_DIFFERENCE_SHOWN: { word: 'No difference shown', tone: 'plain' },
};

/** What learned fusion brought over the static one, among searches that chance assigned. */
export function UpliftCard({ performance: { ctrUplift, interactionUplift } }: { performance: Performance }) {
  const isMeasured = ctrUplift.verdict !== 'NOTHING_TO_COMPARE';
  return (
    <Card
      title="What learning brings"
      lead="Learned fusion against the static one, where chance decided who got which."
    >
      {isMeasured ? (
        <div className="stack stack--wide">
          <UpliftFigure title="Click-through" uplift={ctrUplift} />
          <UpliftFigure title="Interaction rate" uplift={interactionUplift} />
        </div>
      ) : (
        <Empty title="Nothing to compare with">
          <p>
            All searches were served the same. Give a part of the users the static fusion, by a control group or a lower
            percentage, on the retriever’s page.
          </p>
        </Empty>
      )}
    </Card>
  );
}

function UpliftFigure({
  title,
  uplift: { baseline, learned, relative, low, high, verdict },
}: {
  title: string;
  uplift: Uplift;
}) {
  const known = verdicts[verdict] ?? { word: verdict, tone: 'plain' as const };
  const reach = Math.max(Math.abs(low ?? 0), Math.abs(high ?? 0), 0.01) * 1.25;
  return (
    <div className="stack stack--tight">
      <div className="row row--apart">
        <h3>{title}</h3>
        <Badge tone={known.tone}>{known.word}</Badge>
      </div>
      {low === null || high === null || relative === null ? null : (
        <Interval low={low} value={relative} high={high} from={-reach} to={reach} mark={0} colour="var(--accent)" />
      )}
      <p className="small muted">
        {percent(learned)} against {percent(baseline)}
        {relative === null ? '' : `: ${signed(relative * 100, 1)} %`}
        {low === null || high === null ? '' : `, 95 % between ${signed(low * 100, 1)} and ${signed(high * 100, 1)} %`}
      </p>
    </div>
  );
}
