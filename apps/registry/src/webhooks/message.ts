/** What a receiver is told of an event, and where the API tells more of it. Pure. */
import { noticeDataSchema, type NoticeData, type NoticeKind, type WebhookMessage } from '@graft/contracts';

const pathOf = (kind: NoticeKind, { model, version, environment, id }: NoticeData): string[] | null => {
  const [about] = kind.split('.');
  if (about === 'run' && id !== null) return ['runs', id];
  if (about === 'promotion' && id !== null) return ['promotions', id];
  if (about === 'deployment' && model !== null && environment !== null)
    return ['models', model, 'deployments', environment];
  if (about === 'review' && model !== null && version !== null)
    return ['models', model, 'versions', String(version), 'review'];
  return null;
};

/** @param apiUrl where the registry answers, without a slash at its end */
export const toMessage = (
  { kind, at, data }: { readonly kind: NoticeKind; readonly at: Date; readonly data: unknown },
  apiUrl: string,
): WebhookMessage => {
  const told = noticeDataSchema.parse(data);
  const path = pathOf(kind, told);
  const link = path === null ? null : `${apiUrl}/v1/${path.map(encodeURIComponent).join('/')}`;
  return { type: kind, timestamp: at.toISOString(), data: { ...told, link } };
};
