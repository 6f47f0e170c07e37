/** Addresses of pages, from what they are about. */
import type { Digest } from '@graft/contracts';

export const modelPath = (model: string): string => `/models/${encodeURIComponent(model)}`;
export const tryPath = (model: string): string => `${modelPath(model)}/try`;
export const versionPath = (model: string, version: number): string => `${modelPath(model)}/versions/${version}`;
export const runPath = (id: string): string => `/runs/${encodeURIComponent(id)}`;
export const datasetPath = (name: string): string => `/datasets/${encodeURIComponent(name)}`;
export const datasetVersionPath = (id: Digest): string => `/dataset-versions/${id}`;
export const datasetDiffPath = (from: Digest, to: Digest): string => `/dataset-versions/${from}/diff/${to}`;
