/** Texts that PostgreSQL can't keep, refused by the field's name before anything is done. */
import { AppError } from '@graft/contracts';
import type { App } from './app-types.js';

/** NUL, and halves of a surrogate pair, which UTF-8 has no form for. */
const isKept = (text: string): boolean => !/[\0\p{Surrogate}]/u.test(text);

/** Where the first text is that can't be kept; null where all can. */
const findUnkept = (value: unknown, path: string): string | null => {
  if (typeof value === 'string') return isKept(value) ? null : path;
  if (value === null || typeof value !== 'object') return null;
  for (const [key, inner] of Object.entries(value)) {
    if (!isKept(key)) return path;
    const found = findUnkept(inner, `${path}.${key}`);
    if (found !== null) return found;
  }
  return null;
};

/** MLflow's API says it in its own words. */
export const checkTexts = (app: App): void => {
  app.addHook('preValidation', async ({ routeOptions, params, query, body }) => {
    if (routeOptions.url?.startsWith('/v1/') !== true) return;
    for (const [name, value] of Object.entries({ params, querystring: query, body })) {
      const field = findUnkept(value, name);
      if (field === null) continue;
      throw new AppError(
        'invalid_request',
        `${field}: holds a character that no text can have (NUL, or half a surrogate pair)`,
        { details: { field } },
      );
    }
  });
};
