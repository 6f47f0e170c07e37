/** What the HTTP services share. A subpath of its own (`@graft/platform/http`), for those that serve. */
export type { HttpApp } from './http-app.js';
export { drainOnClose } from './drain-on-close.js';
export { refuseBrokenRequest } from './refuse-broken-request.js';
