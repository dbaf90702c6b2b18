/** Fields that stand side by side, with the entries of their repeating groups. Texts are Latin-1: every byte survives. */
export class Fields {
  readonly values = new Map<number, string>();
  /** By the tag of the count. */
  readonly groups = new Map<number, Fields[]>();

  text(tag: number): string | undefined {
    return this.values.get(tag);
  }

  /** The entries that a count announces; none when it is absent. */
  group(countTag: number): readonly Fields[] {
    return this.groups.get(countTag) ?? [];
  }
}

/** A whole message, its fields in their groups. */
export interface StructuredMessage {
  readonly msgType: string;
  readonly header: Fields;
  readonly body: Fields;
  readonly trailer: Fields;
}
