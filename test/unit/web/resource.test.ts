import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Resource } from '../../../web/src/state/resource.ts';

/** A resource whose questions are answered by hand, in the order in which they were asked. */
function asked() {
  const questions: {
    key: string;
    aborted: () => boolean;
    show?: (data: string) => void;
    answer: (data: string) => Promise<void>;
  }[] = [];
  const resource = new Resource<string>((key, abort, show) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const answer = async (data: string) => {
      resolve(data);
      await vi.advanceTimersByTimeAsync(0);
    };
    questions.push({ key, aborted: () => abort.aborted, ...(show ? { show } : {}), answer });
    return promise;
  });
  return { resource, questions };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('an answer that the page shows', () => {
  it('is asked for again once, after the one under way, however often news comes', async () => {
    const { resource, questions } = asked();
    resource.want('a');
    for (let news = 0; news < 5; news++) resource.reload({ quiet: true });
    expect(questions).toHaveLength(1);
    await questions[0]?.answer('first');
    expect([resource.data.value, resource.loading.value, questions.length]).toEqual(['first', false, 2]);
    await questions[1]?.answer('second');
    expect([resource.data.value, questions.length]).toEqual(['second', 2]);
  });

  it('is not waited for when it takes too long, or when another question takes its place', async () => {
    const { resource, questions } = asked();
    resource.want('a');
    await vi.advanceTimersByTimeAsync(60_000);
    resource.reload({ quiet: true });
    expect([questions.length, questions[0]?.aborted()]).toEqual([2, true]);
    resource.reload({ quiet: true });
    resource.want('b');
    expect([questions.length, questions[1]?.aborted()]).toEqual([3, true]);
    await questions[2]?.answer('b');
    expect([resource.data.value, resource.answered.value, questions.length]).toEqual(['b', 'b', 3]);
  });

  it('may be shown in part meanwhile, but not over the whole of the same question', async () => {
    const { resource, questions } = asked();
    resource.want('a');
    questions[0]?.show?.('part');
    expect([resource.data.value, resource.loading.value]).toEqual(['part', false]);
    await questions[0]?.answer('whole');
    expect(resource.data.value).toBe('whole');
    resource.reload();
    expect(questions[1]?.show).toBeUndefined();
    resource.want('b');
    questions[0]?.show?.('part of another');
    expect([resource.data.value, questions[2]?.show === undefined]).toEqual(['whole', false]);
  });
});
