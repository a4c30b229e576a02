import { InvalidArgumentError, Option, type Command } from 'commander';
import { addApiOptions } from './api.ts';
import { fusions, type EvalOptions, type FusionName } from './eval/options.ts';
import { metricNames, parseRequirement, type Requirement } from './eval/requirement.ts';

const help = `
Judged queries are a dataset of the server, or a file: CSV with the header query,document_id,relevance, or JSONL of
{ "query": …, "documentId": …, "relevance": 2 }. A file is uploaded once; the same content is the same dataset. The
searches of an evaluation leave no trace: nothing learns from them.

The exit code is 0 where all is well, 1 where it could not be measured, and 2 where --compare finds it worse, --must-win
finds it not better, or a --min is not reached: so it can guard a pipeline.

Examples:
  attune eval shop-search --dataset judged.csv
  attune eval shop-search --dataset judged.csv --compare RRF
  attune eval shop-search-next --dataset 0198c2de-… --compare shop-search --metric mrr --at 10
  attune eval shop-search --dataset judged.jsonl --min ndcg@10=0.7 --min recall@20=0.9 --json`;

const MAX_K = 1000;

export function addEvalCommand(program: Command): void {
  const command = program
    .command('eval <retriever>')
    .description('Measures a retriever, by its id or name, on judged queries, over the API of a running server.')
    .requiredOption('--dataset <id>', 'the judged queries: a dataset by its id or name, or a .csv or .jsonl file')
    .option('--fusion <fusion>', `a fusion in place of its own: ${fusions.join(', ')}`, toFusion)
    .option('--k <numbers>', 'the cut-offs; without: 1,5,10,20', toNumbers)
    .option('--limit <number>', 'how many hits to look at; without: the largest k', toWhole)
    .option('--held-out', 'of a dataset made of interactions, only what came after its split')
    .option('--compare <other>', 'against another fusion of it, or another retriever: is it better than that?')
    .addOption(new Option('--metric <metric>', 'what decides a comparison').choices([...metricNames]).default('ndcg'))
    .option('--at <k>', 'its cut-off; without: 10, or the largest below', toWhole)
    .option('--must-win', 'with --compare: exit with 2 unless it is better')
    .option('--min <metric@k=value>', 'exit with 2 below it; may be given again', toRequirements)
    .option('--json', 'print one JSON object in place of the table');
  addApiOptions(command)
    .addHelpText('after', help)
    .action(async (retriever: string, options: EvalOptions) => {
      const { evaluate } = await import('./eval/evaluate.ts');
      await evaluate(retriever, options);
    });
}

function toFusion(value: string): FusionName {
  const fusion = fusions.find((known) => known === value.toUpperCase());
  if (fusion === undefined) throw new InvalidArgumentError(`It takes ${fusions.join(', ')}.`);
  return fusion;
}

function toWhole(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= MAX_K) return number;
  throw new InvalidArgumentError(`It takes a whole number, 1 to ${MAX_K}.`);
}

function toNumbers(value: string): number[] {
  return value.split(',').map((part) => toWhole(part.trim()));
}

function toRequirements(value: string, previous: Requirement[] = []): Requirement[] {
  const requirement = parseRequirement(value);
  if (requirement === null) {
    throw new InvalidArgumentError(
      `It takes a metric, a cut-off and a value: ndcg@10=0.7. Metrics: ${metricNames.join(', ')}.`,
    );
  }
  return [...previous, requirement];
}
