/** What a version of FIX says about fields and messages: data, read from a file (`compact.ts`, `quickfix-xml.ts`). */

export interface Field {
  readonly tag: number;
  readonly name: string;
  readonly type: FieldType;
  /** The values that are allowed; undefined when any of the type is. */
  readonly values: ReadonlySet<string> | undefined;
}

/** The syntaxes that are told apart; a dictionary's finer types (CURRENCY, EXCHANGE) are texts here. */
export type FieldType =
  | 'text'
  | 'char'
  | 'boolean'
  | 'integer'
  | 'count'
  | 'length'
  | 'sequence'
  | 'decimal'
  | 'price'
  | 'timestamp'
  | 'data'
  | 'values';

export interface Member {
  readonly tag: number;
  readonly required: boolean;
  /** The entries that a count announces. */
  readonly group: Layout | undefined;
}

/** Fields that stand side by side: a header, a body, a trailer, or one entry of a repeating group. */
export interface Layout {
  /** The first member: what begins an entry, when this is a group. */
  readonly first: number;
  readonly members: ReadonlyMap<number, Member>;
}

export interface MessageType {
  readonly msgType: string;
  readonly name: string;
  /** Of the session itself, not of the application. */
  readonly admin: boolean;
  readonly body: Layout;
}

export class Dictionary {
  /** BeginString (8), or the application's version of FIXT: "FIX.4.4", "FIX.5.0SP2". */
  readonly version: string;
  readonly fields: ReadonlyMap<number, Field>;
  /** Those that the session's own messages may have. */
  readonly sessionFields: ReadonlyMap<number, Field>;
  readonly header: Layout;
  readonly trailer: Layout;
  readonly messages: ReadonlyMap<string, MessageType>;

  constructor(content: {
    readonly version: string;
    readonly fields: ReadonlyMap<number, Field>;
    /** @default `fields` */
    readonly sessionFields?: ReadonlyMap<number, Field>;
    readonly header: Layout;
    readonly trailer: Layout;
    readonly messages: ReadonlyMap<string, MessageType>;
  }) {
    this.version = content.version;
    this.fields = content.fields;
    this.sessionFields = content.sessionFields ?? content.fields;
    this.header = content.header;
    this.trailer = content.trailer;
    this.messages = content.messages;
  }

  /** The same with these fields added, or in the place of those with the same tag. */
  with(fields: readonly (readonly [number, Field])[]): Dictionary {
    const added = (to: ReadonlyMap<number, Field>) => new Map([...to, ...fields]);
    return new Dictionary({ ...this, fields: added(this.fields), sessionFields: added(this.sessionFields) });
  }

  /** Session and application of FIXT as one: the session's header, trailer and messages, and what the application adds. */
  static join(session: Dictionary, application: Dictionary): Dictionary {
    return new Dictionary({
      version: session.version,
      fields: new Map([...application.fields, ...session.fields]),
      sessionFields: session.fields,
      header: session.header,
      trailer: session.trailer,
      messages: new Map([...application.messages, ...session.messages]),
    });
  }
}

const TYPES: ReadonlyMap<string, FieldType> = new Map(
  Object.entries({
    char: ['CHAR'],
    boolean: ['BOOLEAN'],
    integer: ['INT', 'DAYOFMONTH'],
    count: ['NUMINGROUP'],
    length: ['LENGTH'],
    sequence: ['SEQNUM'],
    decimal: ['FLOAT', 'QTY', 'QUANTITY', 'AMT', 'PERCENTAGE', 'PRICEOFFSET'],
    price: ['PRICE'],
    timestamp: ['UTCTIMESTAMP', 'TIME'],
    data: ['DATA', 'XMLDATA'],
    values: ['MULTIPLECHARVALUE', 'MULTIPLESTRINGVALUE', 'MULTIPLEVALUESTRING'],
  } satisfies Partial<Record<FieldType, string[]>>).flatMap(([type, names]) =>
    names.map((name) => [name, type as FieldType]),
  ),
);

/** The syntax behind a type's name in the standard; unknown names are texts. */
export function fieldTypeOf(name: string): FieldType {
  return TYPES.get(name.toUpperCase()) ?? 'text';
}

/** A layout of these members, in their order; a tag that is named twice keeps its first place. */
export function layoutOf(members: readonly Member[]): Layout {
  const byTag = new Map<number, Member>();
  for (const member of members) if (!byTag.has(member.tag)) byTag.set(member.tag, member);
  return { first: members[0]?.tag ?? 0, members: byTag };
}
