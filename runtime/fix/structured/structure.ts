import { latin1, parseDigits } from '../ascii.ts';
import type { Dictionary, Field, Layout } from '../dictionary/dictionary.ts';
import type { FieldScanner } from '../field-scanner.ts';
import { Refusal } from '../refusal.ts';
import { Fields, type StructuredMessage } from './fields.ts';
import { isAllowed, syntaxDefect, type TimestampSyntax } from './value-syntax.ts';

/** Most entries that a count may announce. */
const ENTRIES_MAX = 65_536;
const NO_MEMBERS: Layout = { first: 0, members: new Map() };

export interface StructureRules {
  readonly dictionary: Dictionary;
  /**
   * `dictionary`: a message is as the dictionary says: its fields, their values, what is required, which tag begins an
   * entry. `venue`: what venues really send: unknown tags stay where they are, values and required fields are the
   * reader's business, and an entry begins with whichever of its tags came first. Syntax is strict in both.
   */
  readonly strictness: 'dictionary' | 'venue';
  readonly isTimestamp: TimestampSyntax;
}

/** A repeating group that is being read. */
interface OpenGroup {
  readonly countTag: number;
  readonly declared: number;
  readonly layout: Layout;
  readonly entries: Fields[];
  delimiter: number;
}

/**
 * Reads the fields after MsgType into their groups, judged while they are read.
 * @throws Refusal
 */
export function readStructure(scanner: FieldScanner, msgType: string, rules: StructureRules): StructuredMessage {
  return new Reading(scanner, msgType, rules).run();
}

class Reading {
  readonly #scanner: FieldScanner;
  readonly #rules: StructureRules;
  readonly #isStrict: boolean;
  readonly #bodyLayout: Layout;
  readonly #fields: Dictionary['fields'];
  /** The first value that is wrong: told only when nothing is wrong with the message's structure. */
  #wrongValue: Refusal | undefined;
  readonly #message: StructuredMessage;
  readonly #open: OpenGroup[] = [];
  #part: 'header' | 'body' | 'trailer' = 'header';

  constructor(scanner: FieldScanner, msgType: string, rules: StructureRules) {
    this.#scanner = scanner;
    this.#rules = rules;
    this.#isStrict = rules.strictness === 'dictionary';
    const type = rules.dictionary.messages.get(msgType);
    if (type === undefined && this.#isStrict) throw new Refusal('UNKNOWN_MSG_TYPE', undefined, msgType);
    this.#bodyLayout = type?.body ?? NO_MEMBERS;
    this.#fields = type?.admin === true ? rules.dictionary.sessionFields : rules.dictionary.fields;
    this.#message = { msgType, header: new Fields(), body: new Fields(), trailer: new Fields() };
  }

  run(): StructuredMessage {
    const { dictionary } = this.#rules;
    while (this.#scanner.next()) {
      const { tag } = this.#scanner;
      if (tag === 8 || tag === 9 || tag === 35) throw new Refusal('DUPLICATE_TAG', tag);
      if (!this.#takeIntoGroups(tag)) this.#takeIntoPart(tag);
    }
    while (this.#open.length > 0) this.#close();
    if (this.#isStrict) {
      const { header, body } = this.#message;
      this.#checkRequired(dictionary.header, header, [8, 9, 35]);
      this.#checkRequired(this.#bodyLayout, body, []);
    }
    if (this.#wrongValue !== undefined) throw this.#wrongValue;
    return this.#message;
  }

  /** The innermost open group that the field belongs to takes it; groups inside that one end. */
  #takeIntoGroups(tag: number): boolean {
    while (this.#open.length > 0) {
      const group = this.#open.at(-1) as OpenGroup;
      const isMember = group.layout.members.has(tag) || this.#staysInside(tag);
      if (isMember) {
        if (group.delimiter === 0) group.delimiter = this.#isStrict ? group.layout.first : tag;
        if (tag === group.delimiter) {
          if (group.entries.length === group.declared) this.#refuseCount(group, group.declared + 1);
          group.entries.push(new Fields());
        }
        const entry = group.entries.at(-1);
        if (entry === undefined) throw new Refusal('OUT_OF_ORDER', tag, `entries begin with ${group.delimiter}`);
        this.#keep(entry, group.layout, tag);
        return true;
      }
      this.#close();
    }
    return false;
  }

  /** Whether a field that no layout explains belongs to the entry at hand: venues put their own tags anywhere. */
  #staysInside(tag: number): boolean {
    if (this.#isStrict) return false;
    const { header, trailer } = this.#rules.dictionary;
    if (header.members.has(tag) || trailer.members.has(tag) || this.#bodyLayout.members.has(tag)) return false;
    return this.#open.every((group) => !group.layout.members.has(tag));
  }

  #takeIntoPart(tag: number): void {
    const { header, trailer } = this.#rules.dictionary;
    if (header.members.has(tag)) {
      if (this.#part !== 'header') throw new Refusal('OUT_OF_ORDER', tag, 'a header field after the body began');
      this.#keep(this.#message.header, header, tag);
      return;
    }
    if (trailer.members.has(tag)) {
      this.#part = 'trailer';
      this.#keep(this.#message.trailer, trailer, tag);
      return;
    }
    if (this.#part === 'trailer') throw new Refusal('OUT_OF_ORDER', tag, 'a body field after the trailer began');
    this.#part = 'body';
    this.#keep(this.#message.body, this.#bodyLayout, tag);
  }

  #keep(fields: Fields, layout: Layout, tag: number): void {
    const { bytes, from, to } = this.#scanner;
    const member = layout.members.get(tag);
    const field = this.#fields.get(tag);
    if (this.#isStrict) {
      if (field === undefined) throw new Refusal('UNKNOWN_TAG', tag);
      if (member === undefined) throw new Refusal('TAG_NOT_IN_MESSAGE', tag);
    }
    const text = latin1(bytes, from, to);
    if (fields.values.has(tag)) {
      if (member !== undefined || this.#isStrict) throw new Refusal('DUPLICATE_TAG', tag);
      return;
    }
    if (field !== undefined) this.#checkValue(field, text);
    fields.values.set(tag, text);
    if (member?.group === undefined) return;
    const declared = parseDigits(bytes, from, to);
    if (declared < 0 || declared > ENTRIES_MAX) throw new Refusal('BAD_GROUP_COUNT', tag, text);
    if (declared === 0) return;
    const entries: Fields[] = [];
    fields.groups.set(tag, entries);
    this.#open.push({ countTag: tag, declared, layout: member.group, entries, delimiter: 0 });
  }

  #checkValue(field: Field, text: string): void {
    const { bytes, from, to } = this.#scanner;
    const defect = syntaxDefect(field, bytes, from, to, this.#rules.isTimestamp);
    if (defect !== undefined && field.type === 'count') throw new Refusal('BAD_GROUP_COUNT', field.tag, text);
    if (defect !== undefined) this.#wrongValue ??= new Refusal(defect, field.tag, text);
    else if (this.#isStrict && !isAllowed(field, text)) this.#wrongValue ??= new Refusal('BAD_ENUM', field.tag, text);
  }

  #close(): void {
    const group = this.#open.pop() as OpenGroup;
    if (group.entries.length !== group.declared) this.#refuseCount(group, group.entries.length);
    if (this.#isStrict) for (const entry of group.entries) this.#checkRequired(group.layout, entry, []);
  }

  #refuseCount(group: OpenGroup, found: number): never {
    throw new Refusal('BAD_GROUP_COUNT', group.countTag, `${found} entries where ${group.declared} are said`);
  }

  #checkRequired(layout: Layout, fields: Fields, known: readonly number[]): void {
    for (const { tag, required } of layout.members.values()) {
      if (required && !fields.values.has(tag) && !known.includes(tag)) throw new Refusal('MISSING_FIELD', tag);
    }
  }
}
