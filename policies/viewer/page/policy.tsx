import type { ComponentChildren } from 'preact';
import type { ViewState } from '../history.ts';
import type { PolicyCard } from '../view.ts';
import { duration, figure, float, integer, shortDigest, usd, words } from './format.ts';
import { Lineage } from './lineage.tsx';
import { Chip, Panel, Scroll, Waiting } from './panel.tsx';

/** What is in the slot and why it may be there: identity, evidence, lineage, what it learned from. */
export function Policy({ view }: { readonly view: ViewState }) {
  const { policy } = view;
  if (policy === null) {
    return (
      <Panel id="policy" title="Policy">
        <Waiting>
          {view.phase?.phase === 'refused'
            ? `Nothing was promoted: ${view.phase.note}`
            : 'The slot is empty. A candidate that passes every gate is put into it by a commit.'}
        </Waiting>
      </Panel>
    );
  }
  const { evidence, summary } = policy;
  return (
    <Panel
      id="policy"
      title="Policy"
      aside={<Chip tone={evidence.ok ? 'good' : 'bad'}>{evidence.ok ? 'evidence verified' : 'evidence refused'}</Chip>}
    >
      <p class="sentence">
        <b>{policy.name}</b>
      </p>
      <p class="digest">
        <code>{policy.digest}</code>
      </p>
      {evidence.ok ? null : <Problems problems={evidence.problems} />}
      <dl class="facts">
        <Fact name="commit">
          {policy.commit === null ? 'not committed' : <code>{policy.commit.slice(0, 12)}</code>}
        </Fact>
        <Fact name="tag">{policy.tag === null ? 'none' : <code>{policy.tag}</code>}</Fact>
        <Fact name="approved by">{policy.approvedBy ?? 'nobody yet'}</Fact>
        <Fact name="ledger entry">{policy.ledgerSeq === null ? 'none' : `#${policy.ledgerSeq}`}</Fact>
        <Fact name="parents">
          {policy.parents.length === 0
            ? 'none: trained from nothing'
            : policy.parents.map((parent) => <code key={parent}>{shortDigest(parent)} </code>)}
        </Fact>
        <Fact name="model">{summary.model}</Fact>
        <Fact name="horizons">{summary.horizonsUs.map(duration).join(', ')}</Fact>
        <Fact name="features">{integer(summary.features)}</Fact>
        <Fact name="trained on">{summary.trainedOn}</Fact>
        <Fact name="chosen among">{integer(summary.trials)} candidates</Fact>
        <Fact name="training">
          {integer(summary.trainingSteps)} steps, loss {float(summary.trainingLoss, 4)}
        </Fact>
        <Fact name="on selection">
          rank corr. {float(summary.informationCoefficient, 3)}, {usd(summary.pnlPerSliceUsd)} a slice
        </Fact>
        <Fact name="seed">{String(summary.seed)}</Fact>
        <Fact name="product">
          <code>{summary.productCommit.slice(0, 12)}</code>
        </Fact>
      </dl>
      {policy.lineage === null ? null : <Lineage root={policy.lineage} />}
      <details>
        <summary>Planner parameters</summary>
        <dl class="facts">
          {Object.entries(summary.planner).map(([name, value]) => (
            <Fact key={name} name={words(name)}>
              {figure(value)}
            </Fact>
          ))}
        </dl>
      </details>
    </Panel>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="num">{children}</dd>
    </div>
  );
}

function Problems({ problems }: { readonly problems: PolicyCard['evidence']['problems'] }) {
  return (
    <ul class="problems">
      {problems.map(({ subject, problem, actual, allowed }) => (
        <li key={`${subject} ${problem}`}>
          <b>{subject}</b> {problem}: <code>{actual}</code>, allowed: <code>{allowed}</code>
        </li>
      ))}
    </ul>
  );
}

const TONES = { running: 'busy', passed: 'good', failed: 'bad', errored: 'warn' } as const;

/** Each gate's verdict on the candidate, with the figures that decided. */
export function Gates({ view }: { readonly view: ViewState }) {
  const { gates } = view;
  if (gates.length === 0) {
    return (
      <Panel id="gates" title="Gates">
        <Waiting>No gate has run here yet. The best candidate of an evolution has to pass all of them.</Waiting>
      </Panel>
    );
  }
  const passed = gates.filter(({ status }) => status === 'passed').length;
  return (
    <Panel
      id="gates"
      title="Gates"
      aside={
        <span class="muted num">
          {passed} of {gates.length} passed
        </span>
      }
    >
      <ul class="gates">
        {gates.map((gate) => (
          <li key={gate.name}>
            <div class="line">
              <Chip tone={TONES[gate.status]}>{gate.status}</Chip>
              <b>{gate.name}</b>
              <span class="muted num">{gate.status === 'running' ? '' : `${float(gate.seconds, 1)} s`}</span>
            </div>
            <p>{gate.because === '' ? 'running …' : gate.because}</p>
            {gate.status === 'running' ? null : <Measured gate={gate} />}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Measured({ gate }: { readonly gate: ViewState['gates'][number] }) {
  const names = [...new Set([...Object.keys(gate.measured), ...Object.keys(gate.thresholds)])];
  if (names.length === 0) return null;
  return (
    <details>
      <summary>Figures</summary>
      <Scroll label={`Figures of ${gate.name}`}>
        <table class="num">
          <caption class="hidden">What {gate.name} measured and what it was held to</caption>
          <thead>
            <tr>
              <th scope="col">figure</th>
              <th scope="col">measured</th>
              <th scope="col">held to</th>
            </tr>
          </thead>
          <tbody>
            {names.map((name) => (
              <tr key={name}>
                <th scope="row">{words(name)}</th>
                <td>{name in gate.measured ? figure(gate.measured[name] as number | string) : ''}</td>
                <td>{name in gate.thresholds ? figure(gate.thresholds[name] as number) : ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </details>
  );
}
