import { Page } from '../../shell/page.js';
import { Models } from '../overview/models.js';

export const ModelsPage = () => (
  <Page title="Models">
    <Models />
  </Page>
);
