import type { ExecutionResult } from 'graphql';

const STAND_IN = '@';
const ENDING = `"payload":"${STAND_IN}"}`;

/**
 * Writes a result that goes to many subscribers as JSON once. A message differs from the next by its id alone, but graphql-ws
 * writes each as a whole: so it is given a stand-in, which it writes and hands to the socket in one go, and there the text
 * takes its place.
 */
export class SharedPayloads {
  readonly #texts = new WeakMap<ExecutionResult, string>();
  /** Of the message that is being written. */
  #text = '';

  /** Stands for the result in a message. */
  standIn(result: ExecutionResult): ExecutionResult {
    const toJSON = () => {
      this.#text = this.#textOf(result);
      return STAND_IN;
    };
    return { toJSON } as ExecutionResult;
  }

  /** The message as it goes over the wire. */
  complete(message: string): string {
    if (this.#text === '' || !message.endsWith(ENDING)) return message;
    const text = this.#text;
    this.#text = '';
    return `${message.slice(0, -ENDING.length)}"payload":${text}}`;
  }

  #textOf(result: ExecutionResult): string {
    const known = this.#texts.get(result);
    if (known !== undefined) return known;
    const text = JSON.stringify(result);
    this.#texts.set(result, text);
    return text;
  }
}
