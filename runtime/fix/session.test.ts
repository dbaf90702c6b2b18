import test from 'ava';
import { memoryTransportPair } from './memory-transport.ts';
import { FixFieldError } from './refusal.ts';
import { BID, loggedOn, pair, puppet } from './session-testing.ts';
import { decodeAll, framed, incremental, message, wire } from './testing.ts';

test('logon, then messages both ways in order', (t) => {
  const { left, right, initiator, acceptor } = pair();
  t.deepEqual([left.said, right.said], [['logon'], ['logon']]);
  t.is(
    initiator.send('D', (body) => body.text(58, 'order')),
    2,
  );
  t.is(
    acceptor.send('8', (body) => body.text(58, 'report')),
    2,
  );
  t.deepEqual(right.said, ['logon', 'D 2 order']);
  t.deepEqual(left.said, ['logon', '8 2 report']);
});

test('what the handler sends on a TestRequest precedes its Heartbeat', (t) => {
  const { left, right, initiator, acceptor } = pair();
  left.onTestRequestDo = (id) => initiator.send('D', (body) => body.text(58, `for ${id}`));
  acceptor.testRequest('step-1');
  t.deepEqual(right.said, ['logon', 'D 2 for step-1', 'beat step-1']);
});

test('a chain of answers in memory is as long as it likes, without recursion', (t) => {
  const { left, initiator, acceptor } = pair();
  let steps = 0;
  left.onTestRequestDo = () => {
    if (++steps < 20_000) initiator.batch(() => initiator.send('D', (body) => body.text(58, 'x')));
  };
  const handler = left;
  handler.onMessageDo = () => undefined;
  for (let i = 0; i < 20_000; i++) acceptor.testRequest(`${i}`);
  t.is(steps, 20_000);
  const ping = pair();
  ping.left.onMessageDo = (m) => {
    if (m.seqNum < 20_000) ping.initiator.send('D', (body) => body.text(58, 'x'));
  };
  ping.right.onMessageDo = (m) => {
    if (m.seqNum < 20_000) ping.acceptor.send('8', (body) => body.text(58, 'x'));
  };
  ping.acceptor.send('8', (body) => body.text(58, 'x'));
  t.is(ping.stores.initiator.nextOutbound(), 20_000);
});

test('heartbeats keep a quiet session up, on the clock of the market', (t) => {
  const { left, right, initiator, acceptor, advance } = pair();
  for (let i = 0; i < 20; i++) advance(30);
  t.deepEqual([initiator.state, acceptor.state], ['active', 'active']);
  t.deepEqual([left.said, right.said], [['logon'], ['logon']]);
});

test('a clock that leaps over a night inside one callback ends no session', (t) => {
  const { left, clock, initiator, acceptor, advance, stores } = pair();
  left.onMessageDo = () => clock.advanceTo(clock.nowUs() + 16 * 3_600_000_000);
  acceptor.send('8', (body) => body.text(58, 'morning'));
  advance(600);
  t.deepEqual([initiator.state, acceptor.state], ['active', 'active']);
  t.true(stores.initiator.nextOutbound() < 100, 'no flood of heartbeats');
});

test('a silent peer is asked, then dropped', (t) => {
  const { session, recorder, heard, clock, isClosed, say } = puppet();
  say('A', 1, '98=0|108=10|');
  heard();
  clock.advanceTo(clock.nowUs() + 12_000_000);
  t.deepEqual(heard(), ['0 2 ', '1 3 112=TEST|']);
  clock.advanceTo(clock.nowUs() + 11_000_000);
  t.is(session.state, 'active');
  clock.advanceTo(clock.nowUs() + 2_000_000);
  t.is(session.state, 'disconnected');
  t.is(recorder.said.at(-1), 'logout: the peer was silent for 24 s');
  t.true(isClosed());
});

test('a peer that answers the question stays', (t) => {
  const { session, clock, say } = puppet();
  say('A', 1, '98=0|108=10|');
  for (let seqNum = 2; seqNum < 12; seqNum++) {
    clock.advanceTo(clock.nowUs() + 12_500_000);
    say('0', seqNum, '112=TEST|');
  }
  t.is(session.state, 'active');
});

test('a peer that connects and does not log on is dropped', (t) => {
  const { session, clock, isClosed, raw } = puppet();
  for (let i = 0; i < 60; i++) {
    clock.advanceTo(clock.nowUs() + 1_000_000);
    if (!isClosed()) raw('drip');
  }
  t.true(isClosed());
  t.is(session.state, 'disconnected');
});

test('a message that is framed but wrong is rejected and counted; a garbled one is neither', (t) => {
  const { raw, heard, recorder, store } = loggedOn();
  const toUs = (text: string) => text.replaceAll('49=SIM|56=EMP', '49=EMP|56=SIM');
  const bad = (body: string, seqNum: number) =>
    framed(toUs(`35=8|34=${seqNum}|49=SIM|56=EMP|52=20260102-03:04:05|${body}`));
  raw(bad('0=x|', 2));
  raw(bad('11=|', 3));
  raw(bad('11=a|11=a|', 4));
  raw(bad('11=a|', 5).replace(/10=\d+/, '10=999'));
  t.deepEqual(heard(), [
    '3 2 45=2|58=Invalid tag number|371=0|372=8|373=0|',
    '3 3 45=3|58=Tag specified without a value|371=11|372=8|373=4|',
    '3 4 45=4|58=Tag appears more than once|371=11|372=8|373=13|',
  ]);
  t.is(store.nextInbound(), 5);
  t.deepEqual(recorder.said, [
    '! BAD_TAG tag 0 seq 2',
    '! EMPTY_VALUE tag 11 seq 3',
    '! DUPLICATE_TAG tag 11 seq 4',
    '! BAD_CHECKSUM tag 10',
  ]);
});

test('a field that the handler cannot use is rejected', (t) => {
  const { say, heard, recorder, store } = loggedOn();
  recorder.onMessageDo = (m) => m.integer(38);
  say('D', 2, '38=ten|');
  t.deepEqual(heard(), ['3 2 45=2|58=field 38 is not an integer ("ten"), digits are allowed|371=38|372=D|373=6|']);
  t.is(store.nextInbound(), 3);
  recorder.onMessageDo = () => {
    throw new FixFieldError('MISSING_FIELD', 11, 'field 11 is missing');
  };
  say('D', 3);
  t.deepEqual(heard(), ['3 3 45=3|58=field 11 is missing|371=11|372=D|373=1|']);
});

test('a message without MsgSeqNum, or with another BeginString, ends the session', (t) => {
  const first = loggedOn();
  first.raw(framed('35=0|49=EMP|56=SIM|52=20260102-03:04:05|'));
  t.deepEqual(first.heard(), ['5 2 58=MsgSeqNum is missing|']);
  t.true(first.isClosed());
  const second = loggedOn();
  second.raw(framed('35=0|34=2|49=EMP|56=SIM|52=20260102-03:04:05|', 'FIX.4.2'));
  t.deepEqual(second.heard(), ['5 2 58=Incorrect BeginString|']);
});

test('a wrong CompID is rejected and ends the session', (t) => {
  const { raw, heard, isClosed } = loggedOn();
  raw(framed('35=0|34=2|49=XXX|56=SIM|52=20260102-03:04:05|'));
  t.deepEqual(heard(), ['3 2 45=2|58=CompID problem|372=0|373=9|', '5 3 ']);
  t.true(isClosed());
});

const refusesLogon = test.macro({
  exec(t, text: string, reason: string) {
    const { raw, recorder, isClosed, session } = puppet();
    raw(text);
    t.deepEqual(recorder.said.at(-1), `logout: ${reason}`);
    t.true(isClosed());
    t.is(session.state, 'disconnected');
  },
  title: (name) => `no session begins with ${name}`,
});
const logonOf = (body: string, header = '49=EMP|56=SIM|') => framed(`35=A|34=1|${header}52=20260102-03:04:05|${body}`);
test(
  'another message',
  refusesLogon,
  framed('35=0|34=1|49=EMP|56=SIM|52=20260102-03:04:05|'),
  'the peer sent 0 before Logon',
);
test('another CompID', refusesLogon, logonOf('98=0|108=30|', '49=EVIL|56=SIM|'), 'the peer is EVIL->SIM');
test('encryption', refusesLogon, logonOf('98=1|108=30|'), 'EncryptMethod (98) is wrong (1), 0 is allowed');
test('no heartbeat interval', refusesLogon, logonOf('98=0|'), 'HeartBtInt (108) is wrong (0), 1 to 3600 is allowed');
test(
  'a heartbeat interval of letters',
  refusesLogon,
  logonOf('98=0|108=x|'),
  'field 108 is not an integer ("x"), digits are allowed',
);
test('a malformed Logon', refusesLogon, logonOf('98=0|108=|'), "the peer's Logon is malformed (EMPTY_VALUE)");

test('Logon with a number too low is refused', (t) => {
  const { say, heard, store, recorder } = puppet();
  store.setNextInbound(10);
  say('A', 3, '98=0|108=30|');
  t.deepEqual(heard(), ['5 1 58=MsgSeqNum too low, expecting 10 but received 3|']);
  t.is(recorder.said.at(-1), 'logout: MsgSeqNum too low, expecting 10 but received 3');
});

test('ResetSeqNumFlag begins both sequences anew, and nothing of the old one is replayed', (t) => {
  const { left, right, initiator, acceptor, connect, stores } = pair({ resetOnLogon: true });
  acceptor.send('8', (body) => body.text(58, 'old'));
  initiator.logout('end of day');
  t.is(initiator.state, 'disconnected');
  connect();
  t.deepEqual([left.said.slice(-1), right.said.slice(-1)], [['logon'], ['logon']]);
  t.is(stores.initiator.nextInbound(), 2);
  t.is(stores.acceptor.nextOutbound(), 2);
  t.deepEqual([...stores.acceptor.outbound(1, 100)], []);
});

test('Logout ends both sides, with its text', (t) => {
  const { left, right, initiator, acceptor } = pair();
  acceptor.logout('end of day');
  t.deepEqual(left.said, ['logon', 'logout: the peer logged out: end of day']);
  t.deepEqual(right.said, ['logon', 'logout: logged out']);
  t.deepEqual([initiator.state, acceptor.state], ['disconnected', 'disconnected']);
});

test('a Logout that is not answered ends after two seconds', (t) => {
  const { session, clock, recorder, isClosed } = loggedOn();
  session.logout();
  t.is(session.state, 'loggingOut');
  clock.advanceTo(clock.nowUs() + 2_000_000);
  t.deepEqual(recorder.said, ['logout: the peer did not answer our Logout']);
  t.true(isClosed());
});

test('a cut connection is an end, and the numbers go on after it', (t) => {
  const { left, right, initiator, cut, connect, stores } = pair();
  initiator.send('D', (body) => body.text(58, 'one'));
  cut();
  t.is(left.said.at(-1), 'logout: the peer closed the connection');
  connect();
  initiator.send('D', (body) => body.text(58, 'two'));
  t.deepEqual(right.said.slice(-2), ['logon', 'D 4 two']);
  t.is(stores.acceptor.nextInbound(), 5);
});

test('a replayable message waits for the peer; any other is refused while it is away', (t) => {
  const { left, acceptor, cut, connect } = pair();
  cut();
  t.is(
    acceptor.send('8', (body) => body.text(58, 'filled meanwhile')),
    2,
  );
  t.throws(() => acceptor.send('X', (body) => body.text(58, 'x')), {
    message: 'session SIM->EMP: cannot send X while disconnected, only replayable messages may wait',
  });
  connect();
  t.deepEqual(left.said.slice(-2), ['logon', '8 2 dup filled meanwhile']);
});

test('a replayable message does not overtake the logon under way, and shows itself after it', (t) => {
  const { session, heard, say } = puppet('initiator');
  session.send('8', (body) => body.text(58, 'early'));
  t.deepEqual(heard(), ['A 1 98=0|108=30|']);
  say('A', 1, '98=0|108=30|');
  t.deepEqual(heard(), ['0 3 ']);
  say('2', 2, '7=2|16=2|');
  t.deepEqual(heard(), ['8 2 58=early|']);
});

test('one connection at a time', (t) => {
  const { initiator } = pair();
  t.throws(() => initiator.attach(memoryTransportPair()[0]), {
    message: 'session EMP->SIM: there is a connection already (active), one at a time is allowed',
  });
});

test('nothing leaves before the transaction has returned, and all of it then', (t) => {
  const { heard, session } = loggedOn();
  session.batch(() => {
    session.send('8', (body) => body.text(58, 'one'));
    session.send('X', (body) => body.text(58, 'two'));
    t.deepEqual(heard(), []);
  });
  t.deepEqual(heard(), ['8 2 58=one|', '8 3 58=two|'.replace('8 3', 'X 3')]);
});

test('an exception of the handler closes the connection, sends nothing and passes through', (t) => {
  const { session, say, heard, recorder, isClosed } = loggedOn();
  recorder.onMessageDo = () => {
    session.send('8', (body) => body.text(58, 'half done'));
    throw new Error('mine');
  };
  t.throws(() => say('D', 2), { message: 'mine' });
  t.deepEqual(heard(), []);
  t.is(session.state, 'disconnected');
  t.true(isClosed());
});

test('market data is held to sequence numbers like everything else', (t) => {
  const { raw, heard, recorder } = puppet('initiator');
  t.deepEqual(heard(), ['A 1 98=0|108=30|']);
  raw(message('A', 1, '98=0|108=30|'));
  raw(incremental(2, BID));
  raw(incremental(4, BID));
  raw(incremental(2, BID).replace('|52=', '|52='));
  t.deepEqual(recorder.said, ['logon', 'X 2', 'logout: MsgSeqNum too low, expecting 3 but received 2']);
  t.deepEqual(heard(), ['2 2 7=3|16=3|', '5 3 58=MsgSeqNum too low, expecting 3 but received 2|']);
});

test('what a session sends is what a decoder accepts', (t) => {
  const { session, answers } = loggedOn();
  session.send('8', (body) => body.text(58, 'one'));
  session.testRequest('x');
  t.deepEqual(decodeAll(answers.map((text) => wire(text))), ['8 2 one', '1 3 ']);
});
