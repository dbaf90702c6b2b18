/** One server-sent event. */
export interface ServerSentEvent {
  /** "message" unless the sender named it. */
  readonly name: string;
  readonly data: string;
}

/** Longest event that is read; a sender beyond it is not what it claims to be. */
const MOST_CHARACTERS = 8 << 20;

/** The events of a text/event-stream. @throws Error when one is too long */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let text = '';
  let name = 'message';
  let data: string[] = [];
  for await (const chunk of body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)) {
    text += chunk;
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    text = lines.pop() as string;
    if (text.length > MOST_CHARACTERS) throw new Error(`a line is longer than ${MOST_CHARACTERS} characters`);
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { name, data: data.join('\n') };
        [name, data] = ['message', []];
      } else if (line.startsWith('data:')) data.push(fieldValue(line));
      else if (line.startsWith('event:')) name = fieldValue(line);
    }
  }
}

function fieldValue(line: string): string {
  return line.slice(line.indexOf(':') + 1).replace(/^ /, '');
}
