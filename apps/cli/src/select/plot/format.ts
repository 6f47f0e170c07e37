/** Numbers as a plot has room for them. */

/** "95.1%", "95%". */
export const formatPercent = (share: number): string => `${Number((100 * share).toFixed(1))}%`;

/** "8.21 ms", "530 ms". */
export const formatLatency = (ms: number): string => `${Number(ms.toPrecision(3))} ms`;

/** Millions of bytes: "13.6 MB". */
export const formatMegabytes = (bytes: number): string => `${Number((bytes / 1e6).toPrecision(3))} MB`;
