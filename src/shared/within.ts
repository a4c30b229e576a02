/** What `work` comes to, unless that takes longer than `ms`; it goes on by itself then. @throws Error when it is late */
export async function within<Result>(work: Promise<Result>, ms: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    // nobody waits for the work any more once it is late, and a race has handled what it then rejects with
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
