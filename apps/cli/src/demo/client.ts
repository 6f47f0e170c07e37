/** A client of serving, as an application would be one: it asks about images, and watches a rollback from outside. */
import { AppError, type Classification } from '@graft/contracts';
import type { LandingFile } from '../landing.js';
import { classifyImage } from '../serving-client.js';

/** How many images the answers of two versions are compared on. */
const PROBES = 24;

export interface Probe {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** Images spread evenly over what landed. Those that no decoder takes are left out by the caller's first question. */
export const chooseProbes = async (files: readonly LandingFile[]): Promise<Probe[]> => {
  const step = Math.max(1, Math.floor(files.length / PROBES));
  const chosen = files.filter((_, index) => index % step === 0).slice(0, PROBES);
  return Promise.all(
    chosen.map(async ({ label, fileName, read }) => ({ file: `${label}/${fileName}`, bytes: await read() })),
  );
};

/** The answer to each probe, in order; null for an image that serving can't read. */
export const askAll = async (params: {
  servingUrl: string;
  model: string;
  probes: readonly Probe[];
}): Promise<(Classification | null)[]> => {
  const answers: (Classification | null)[] = [];
  // One after the other: each image is a batch of its own, so that the same version gives the same bits again.
  for (const { bytes } of params.probes) {
    answers.push(
      await classifyImage({ servingUrl: params.servingUrl, model: params.model, bytes }).catch((thrown: unknown) => {
        if (thrown instanceof AppError && thrown.code === 'image_unfit') return null;
        throw thrown;
      }),
    );
  }
  return answers;
};

export interface AnswerComparison {
  /** Probes that both answered. */
  readonly compared: number;
  readonly sameTop1: number;
  /** Largest absolute difference of any class's probability. */
  readonly maxDifference: number;
}

/** How far two rounds of answers lie apart. */
export const compareAnswers = (
  left: readonly (Classification | null)[],
  right: readonly (Classification | null)[],
): AnswerComparison => {
  let compared = 0;
  let sameTop1 = 0;
  let maxDifference = 0;
  left.forEach((a, index) => {
    const b = right[index] ?? null;
    if (a === null || b === null) return;
    compared += 1;
    if (a.classes[0]?.label === b.classes[0]?.label) sameTop1 += 1;
    const theirs = new Map(b.classes.map(({ label, probability }) => [label, probability]));
    for (const { label, probability } of a.classes)
      maxDifference = Math.max(maxDifference, Math.abs(probability - (theirs.get(label) ?? 0)));
  });
  return { compared, sameTop1, maxDifference };
};

export interface ClientView {
  /** Milliseconds from the act to the first answer of the generation it made. */
  readonly clientMs: number;
  readonly requests: number;
  readonly failed: number;
}

/**
 * Keeps asking serving while an act (a rollback) is done, and tells when the client saw its effect.
 * @throws AppError `timeout` when no answer of the new generation came in time.
 */
export const watchFromOutside = async (params: {
  servingUrl: string;
  model: string;
  probe: Probe;
  act: () => Promise<{ generation: number }>;
  timeoutMs: number;
}): Promise<ClientView> => {
  const ask = (): Promise<Classification> =>
    classifyImage({ servingUrl: params.servingUrl, model: params.model, bytes: params.probe.bytes });
  const answers: { generation: number; atMs: number }[] = [];
  let requests = 0;
  let failed = 0;
  let stop = false;
  const client = async (): Promise<void> => {
    while (!stop) {
      requests += 1;
      try {
        const { generation } = await ask();
        answers.push({ generation, atMs: performance.now() });
      } catch {
        failed += 1;
      }
    }
  };
  const asking = client();
  const startedAt = performance.now();
  try {
    const { generation } = await params.act();
    for (;;) {
      const first = answers.find((answer) => answer.generation >= generation);
      if (first !== undefined) {
        stop = true;
        await asking;
        return { clientMs: first.atMs - startedAt, requests, failed };
      }
      if (performance.now() - startedAt > params.timeoutMs) {
        throw new AppError(
          'timeout',
          `no answer of generation ${generation} of ${params.model} came within ${params.timeoutMs} ms`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  } finally {
    stop = true;
    await asking;
  }
};
