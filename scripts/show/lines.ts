/** What `show` found, as lines for a person. */
import { describeModel } from '../../policies/model/architecture.ts';
import type { PolicyManifest } from '../../runtime/contract.ts';
import { digest12 } from '../../runtime/evidence/digest.ts';
import type { OrderBody } from '../../runtime/execution/records.ts';
import type { Approval, PromotionOfSlot } from './approval.ts';
import type { Told, Trace } from './trace.ts';

/** Label and text in two columns. */
export function row(label: string, text: string): string {
  return `  ${label.padEnd(11)}${text}`;
}

export function policyLines(digest: string, manifest: PolicyManifest): string[] {
  const { model, planner, training, reference, data, parents } = manifest;
  const horizons = model.horizons.map((decisions) => `${(decisions * manifest.decisionIntervalUs) / 1e6} s`);
  const figure = (value: number | null, digits: number) => value?.toFixed(digits) ?? 'unknown';
  return [
    `policy ${digest}`,
    row('name', manifest.name),
    row('model', `${describeModel(model)}, ${model.features} features, every ${manifest.decisionIntervalUs / 1e6} s`),
    row('forecasts', `${horizons.join(', ')}; the planner uses ${horizons[planner.horizon]}`),
    row(
      'planner',
      Object.entries(planner)
        .map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
        .join(', '),
    ),
    row(
      'training',
      `${training.steps} steps, loss ${figure(training.loss, 4)}, seed ${manifest.seed}, ` +
        `best of ${manifest.trials} candidates, genome ${digest12(manifest.genome)}`,
    ),
    row('data', `${data.kind}: ${data.description} (${data.digest})`),
    row(
      'reference',
      `information coefficient ${figure(reference.informationCoefficient, 3)}, ` +
        `${figure(reference.pnlPerSliceUsd, 2)} USD a selection slice`,
    ),
    row('parents', parents.length === 0 ? 'none' : parents.join(', ')),
    row('product', manifest.commit),
  ];
}

export function approvalLines(environment: string, { verdicts, unsound, ledger }: Approval): string[] {
  if (verdicts.length + unsound.length + ledger.length === 0) return [row('evidence', `none in ${environment}`)];
  return [
    ...verdicts.map(({ gate, status, because }) => row('gate', `${gate}: ${status}. ${because}`)),
    ...unsound.map((sentence) => row('UNSOUND', sentence)),
    ...ledger.map(({ seq, kind, commit, because }) =>
      row(
        'ledger',
        `${seq} ${kind} in ${environment}${commit === null ? '' : ` at ${commit.slice(0, 12)}`}: ${because}`,
      ),
    ),
  ];
}

export function traceLines(trace: Trace, promotion: PromotionOfSlot | undefined): string[] {
  const { intent, forecast, policy, slot } = trace;
  return [
    `fill of ${trace.clOrdId}`,
    ...trace.fills.map((fill) => {
      const { side, lots, symbol, priceTicks, liquidity, execId } = fill.body;
      return row('fill', `${at(fill)} ${side} ${lots} ${symbol} at ${priceTicks} ticks, ${liquidity}, ${execId}`);
    }),
    ...trace.orders.map((order) => row('order', `${at(order)} ${order.body.clOrdId}: ${orderText(order.body)}`)),
    intent === undefined
      ? row('intent', `none: ${trace.flattenReason ?? 'no forecast asked for this order'}`)
      : row('intent', `${at(intent)} ${JSON.stringify(intent.body)}`),
    ...(forecast === undefined ? [] : [row('forecast', `${at(forecast)} ${JSON.stringify(forecast.body)}`)]),
    row('policy', policy ?? 'none'),
    slot === undefined
      ? row('promotion', 'none: the runtime ran without an approved slot')
      : promotion === undefined
        ? row('promotion', `none in the ledger of ${slot.environment} approves the slot that it ran`)
        : row('promotion', `ledger entry ${promotion.ledgerSeq}, commit ${promotion.commit}`),
    ...(promotion === undefined ? [] : [row('tag', promotion.tag ?? 'missing: see `npm run verify`')]),
  ];
}

function at({ seq, timeUs }: Pick<Told, 'seq' | 'timeUs'>): string {
  return `#${seq} ${new Date(timeUs / 1000).toISOString()}`;
}

function orderText(body: OrderBody): string {
  if (body.action === 'massCancel') return 'cancels everything';
  const { priceTicks, quantityLots, symbol } = body;
  const terms = `${quantityLots} ${symbol} at ${priceTicks} ticks`;
  if (body.action !== 'new') return `${body.action} of ${body.origClOrdId}, ${terms}`;
  return `${body.side} ${terms}, ${body.timeInForce}${body.postOnly ? ', post only' : ''}`;
}
