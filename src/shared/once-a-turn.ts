/** Answers shared by all who ask the same within one turn of the event loop. */
export interface OnceATurn<Question, Answer> {
  ask(question: Question): Promise<Answer>;
  /** What was answered in this turn holds no more. */
  forget(): void;
}

/** @param nameOf the same for questions that are the same */
export function onceATurn<Question, Answer>(
  answer: (question: Question) => Promise<Answer>,
  nameOf: (question: Question) => string,
): OnceATurn<Question, Answer> {
  const asked = new Map<string, Promise<Answer>>();
  const forget = () => asked.clear();
  return {
    ask(question) {
      const name = nameOf(question);
      const known = asked.get(name);
      if (known !== undefined) return known;
      const asking = answer(question);
      if (asked.size === 0) setImmediate(forget);
      asked.set(name, asking);
      return asking;
    },
    forget,
  };
}
