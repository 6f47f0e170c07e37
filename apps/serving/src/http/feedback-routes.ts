/** `POST /v1/feedback`: the true label of an answer that was given before. */
import { feedbackReceiptSchema, feedbackSchema, problemSchema } from '@graft/contracts';
import type { FeedbackDesk } from '../feedback/feedback-desk.js';
import type { App } from './app-types.js';
import { sendProblem } from './errors.js';

const MAX_BODY_BYTES = 16 * 1024;

export const feedbackRoutes = async (app: App, { desk }: { readonly desk: FeedbackDesk }): Promise<void> => {
  app.setErrorHandler(sendProblem);
  app.post(
    '/v1/feedback',
    {
      bodyLimit: MAX_BODY_BYTES,
      schema: {
        operationId: 'sendFeedback',
        description:
          'Says what an answer should have been: its request id, and the true label, one of the version’s. Again: one feedback. With another label, the later one counts.',
        tags: ['feedback'],
        body: feedbackSchema,
        response: { 200: feedbackReceiptSchema, '4xx': problemSchema, '5xx': problemSchema },
      },
    },
    async ({ body }) => desk.take(body),
  );
};
