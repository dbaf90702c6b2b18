import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { fixture } from '../../fixtures.ts';
import { readCompact } from './compact.ts';
import type { Dictionary, Layout } from './dictionary.ts';
import { dictionaryOf, VERSIONS } from './known.ts';
import { readQuickFixXml } from './quickfix-xml.ts';

/** Everything a dictionary says, as sorted lines. */
function facts(dictionary: Dictionary): string[] {
  const lines: string[] = [];
  for (const { tag, name, type, values } of dictionary.fields.values()) {
    lines.push(`${tag} ${name} ${type} ${[...(values ?? [])].sort().join(' ')}`);
  }
  const layout = (path: string, { first, members }: Layout) => {
    for (const { tag, required, group } of members.values()) {
      lines.push(
        `${path} ${tag}${required ? ' required' : ''}${group === undefined ? '' : ` begins with ${group.first}`}`,
      );
      if (group !== undefined) layout(`${path}/${tag}`, group);
    }
    if (members.size > 0 && first === 0) lines.push(`${path} has no first field`);
  };
  for (const { msgType, admin, body } of dictionary.messages.values())
    layout(`${msgType}${admin ? ' admin' : ''}`, body);
  return lines.sort();
}

test('every version that comes with us is whole', (t) => {
  for (const version of VERSIONS) {
    const dictionary = dictionaryOf(version);
    t.is(dictionary.version, version);
    t.true(dictionary.header.members.has(52) && dictionary.trailer.members.has(10), version);
    t.is(dictionary.messages.get('X')?.body.members.get(268)?.group?.first, 279, version);
  }
});

/**
 * Where ours and QuickFIX's differ: any country is a settlement location, two have values of more than one character, and
 * two are named as the standard names them.
 */
const ON_PURPOSE =
  /^(166 SettlLocation|139 MiscFeeType|532 MassCancelRejectReason|297 QuoteStatus|327 HaltReasonChar) /;

for (const [version, file] of [
  ['FIX.4.2', 'FIX42'],
  ['FIX.4.4', 'FIX44'],
] as const) {
  test(`${version} says what QuickFIX's dictionary says`, (t) => {
    const xml = fixture(`data/fix/dictionaries/${file}.xml.gz`);
    if (xml === undefined) {
      t.log("SKIP: QuickFIX's dictionary is not here (EMP_FIXTURES)");
      t.pass();
      return;
    }
    const theirs = facts(readQuickFixXml(gunzipSync(readFileSync(xml)).toString('utf8'), file));
    const ours = new Set(facts(dictionaryOf(version)));
    t.deepEqual(
      theirs.filter((line) => !ours.has(line) && !ON_PURPOSE.test(line)),
      [],
    );
    t.true(theirs.length > 1_000);
  });
}

const COMPACT = `
version FIX.4.4
field 8 BeginString STRING
field 10 CheckSum STRING
field 11 ClOrdID STRING
field 54 Side CHAR 1 2
field 73 NoOrders NUMINGROUP
component Order 11! 54
header 8!
trailer 10!
message E List app 73!(Order!)
message L Loose app Order
`;

test('the compact form and the XML of the same dictionary are the same', (t) => {
  const xml = `<fix major='4' type='FIX' servicepack='0' minor='4'>
    <header><field name='BeginString' required='Y'/></header>
    <trailer><field name='CheckSum' required='Y'/></trailer>
    <messages>
      <message name='List' msgcat='app' msgtype='E'><group name='NoOrders' required='Y'><component name='Order' required='Y'/></group></message>
      <message name='Loose' msgcat='app' msgtype='L'><component name='Order' required='N'/></message>
    </messages>
    <components><component name='Order'><field name='ClOrdID' required='Y'/><field name='Side' required='N'/></component></components>
    <fields>
      <field number='8' name='BeginString' type='STRING'/><field number='10' name='CheckSum' type='STRING'/>
      <field number='11' name='ClOrdID' type='STRING'/><field number='73' name='NoOrders' type='NUMINGROUP'/>
      <field number='54' name='Side' type='CHAR'><value enum='1' description='BUY'/><value enum='2' description='SELL'/></field>
    </fields></fix>`;
  const compact = facts(readCompact(COMPACT, 'x.txt'));
  t.deepEqual(facts(readQuickFixXml(xml, 'x.xml')), compact);
  t.true(compact.includes('E/73 11 required') && compact.includes('L 11'), 'required inside a component that is not');
});

test('a dictionary that is wrong is refused with its line', (t) => {
  const refused = (text: string, message: string) => t.throws(() => readCompact(text, 'x.txt'), { message });
  refused(
    'fields 1 A STRING',
    'x.txt:1: there is "fields", allowed are version, field, component, header, trailer and message',
  );
  refused(
    COMPACT.replace('54\nheader', '55\nheader'),
    'x.txt:8: there is field 55, which is not defined, allowed are fields with a line of their own',
  );
  refused('version A', 'x.txt: there is no header or trailer, allowed are one of each');
  t.throws(() => readQuickFixXml('<a/>', 'x.xml'), {
    message: 'x.xml: there is no <fix> element, a QuickFIX dictionary has one',
  });
});
