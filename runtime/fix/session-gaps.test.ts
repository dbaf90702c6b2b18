import test from 'ava';
import { loggedOn, pair } from './session-testing.ts';

test('what is missing is asked for once, and what came early waits for it', (t) => {
  const { say, heard, recorder, store } = loggedOn();
  say('D', 4, '58=fourth|');
  say('D', 5, '58=fifth|');
  t.deepEqual(heard(), ['2 2 7=2|16=3|']);
  t.deepEqual(recorder.said, []);
  t.is(store.nextInbound(), 2);
  say('D', 2, '58=second|', '43=Y|122=20260102-03:04:05.678|');
  say('4', 3, '36=4|123=Y|', '43=Y|122=20260102-03:04:05.678|');
  say('D', 6, '58=sixth|');
  t.deepEqual(recorder.said, ['D 2 dup second', 'gap 3-3', 'D 4 fourth', 'D 5 fifth', 'D 6 sixth']);
  t.deepEqual(heard(), []);
  t.is(store.nextInbound(), 7);
});

test('a second gap behind the first is asked for when the first is filled', (t) => {
  const { say, heard, recorder } = loggedOn();
  say('D', 3);
  say('D', 6);
  say('4', 2, '36=3|123=Y|', '43=Y|122=20260102-03:04:05.678|');
  t.deepEqual(heard(), ['2 2 7=2|16=2|', '2 3 7=4|16=5|']);
  say('4', 4, '123=Y|36=6|', '43=Y|122=20260102-03:04:05.678|');
  t.deepEqual(recorder.said, ['gap 2-2', 'D 3', 'gap 4-5', 'D 6']);
});

test('a fill that jumps over what came early makes it superfluous', (t) => {
  const { say, heard, recorder, store } = loggedOn();
  say('D', 4);
  say('4', 2, '123=Y|36=9|', '43=Y|122=20260102-03:04:05.678|');
  say('D', 9);
  t.deepEqual(recorder.said, ['gap 2-8', 'D 9']);
  t.is(store.nextInbound(), 10);
  t.is(heard().length, 1);
});

test('a malformed message that comes early is rejected in its turn', (t) => {
  const { say, heard, recorder } = loggedOn();
  say('D', 3, '11=a|11=a|');
  say('D', 2);
  t.deepEqual(heard(), ['2 2 7=2|16=2|', '3 3 45=3|58=Tag appears more than once|371=11|372=D|373=13|']);
  t.deepEqual(recorder.said, ['! DUPLICATE_TAG tag 11 seq 3', 'D 2', '! DUPLICATE_TAG tag 11 seq 3']);
});

test('a ResendRequest whose answer is lost is repeated, and in the end the peer is given up', (t) => {
  const { say, heard, clock, recorder } = loggedOn();
  for (let i = 0; i < 5; i++) {
    say('0', 10 + i);
    clock.advanceTo(clock.nowUs() + 30_000_000);
  }
  const answers = heard();
  t.is(answers.filter((text) => /^2 \d+ 7=2\|16=9\|/.test(text)).length, 3, answers.join('\n'));
  t.is(recorder.said.at(-1), 'logout: MsgSeqNum 2 was asked for 3 times and did not come');
});

test('what is sent right after a logon that shows a gap is not lost with it', (t) => {
  const { right, initiator, acceptor, stores, cut, connect } = pair();
  cut();
  // The initiator died after it had numbered messages that never left.
  stores.initiator.recordOutbound(stores.initiator.nextOutbound() + 5, undefined);
  right.said.length = 0;
  connect();
  initiator.batch(() => {
    initiator.send('V', (body) => body.text(58, 'subscribe'));
    initiator.send('AF', (body) => body.text(58, 'status'));
  });
  t.deepEqual(
    right.said.filter((text) => !text.startsWith('logon')),
    ['gap 2-7', 'V 9 subscribe', 'AF 10 status'],
  );
  t.is(acceptor.state, 'active');
  t.is(stores.acceptor.nextInbound(), stores.initiator.nextOutbound());
});

test('a number too low without PossDupFlag ends the session, with it is ignored', (t) => {
  const { say, heard, recorder, isClosed } = loggedOn();
  say('D', 2);
  say('D', 1, '', '43=Y|122=20260102-03:04:05.678|');
  t.deepEqual(recorder.said, ['D 2']);
  say('D', 2);
  t.deepEqual(heard(), ['5 2 58=MsgSeqNum too low, expecting 3 but received 2|']);
  t.is(recorder.said.at(-1), 'logout: MsgSeqNum too low, expecting 3 but received 2');
  t.true(isClosed());
});

test('SequenceReset-Reset moves on whatever its own number, and never back', (t) => {
  const { say, heard, recorder, store } = loggedOn();
  say('4', 77, '36=10|');
  t.is(store.nextInbound(), 10);
  t.deepEqual(recorder.said, ['gap 2-9']);
  say('4', 10, '36=5|');
  t.is(store.nextInbound(), 10);
  t.deepEqual(heard(), ['3 2 45=10|58=Value is incorrect (out of range) for this tag|372=4|373=5|']);
});

test('a GapFill that goes nowhere is rejected and counted', (t) => {
  const { say, heard, store } = loggedOn();
  say('4', 2, '36=2|123=Y|');
  say('4', 3, '123=Y|');
  t.deepEqual(heard(), [
    '3 2 45=2|58=Value is incorrect (out of range) for this tag|372=4|373=5|',
    '3 3 45=3|58=Required tag missing|371=36|372=4|373=1|',
  ]);
  t.is(store.nextInbound(), 4);
});

test('a ResendRequest is answered by replay of what may be replayed and gap fills of all else', (t) => {
  const { say, heard, session, answers } = loggedOn();
  session.send('8', (body) => body.text(58, 'one'));
  session.send('X', (body) => body.text(58, 'never replayed'));
  session.send('8', (body) => body.text(58, 'two'));
  heard();
  say('2', 2, '7=1|16=0|');
  const replayed = answers.map((text) => text);
  t.true(replayed[1]?.includes('34=2|43=Y|49=SIM|52=20260102-03:04:05.000|56=EMP|122=20260102-03:04:05.000|'));
  t.deepEqual(heard(), ['4 1 36=2|123=Y|', '8 2 58=one|', '4 3 36=4|123=Y|', '8 4 58=two|']);
  say('2', 3, '7=4|16=4|');
  say('2', 4, '7=3|16=999999|');
  t.deepEqual(heard(), ['8 4 58=two|', '4 3 36=4|123=Y|', '8 4 58=two|']);
  say('2', 5, '7=9|16=0|');
  t.deepEqual(heard(), ['3 5 45=5|58=range 9 to 0 is wrong, 1 to 4 is allowed|371=7|372=2|373=5|']);
  session.send('8', (body) => body.text(58, 'three'));
  t.deepEqual(heard(), ['8 6 58=three|'], 'a replay takes no number');
});

test('a ResendRequest that comes early is answered, and the gap before it asked for', (t) => {
  const { say, heard, session } = loggedOn();
  session.send('8', (body) => body.text(58, 'one'));
  heard();
  say('2', 5, '7=2|16=0|');
  t.deepEqual(heard(), ['2 3 7=2|16=4|', '8 2 58=one|', '4 3 36=4|123=Y|']);
});

test('a TestRequest that had to be gap-filled is asked anew', (t) => {
  const { say, heard, session, recorder } = loggedOn();
  session.testRequest('step-7');
  heard();
  say('2', 2, '7=2|16=0|');
  t.deepEqual(heard(), ['4 2 36=3|123=Y|', '1 3 112=step-7|']);
  say('0', 3, '112=step-7|');
  say('2', 4, '7=2|16=0|');
  t.deepEqual(heard(), ['4 2 36=4|123=Y|']);
  t.deepEqual(recorder.said, ['beat step-7']);
});
