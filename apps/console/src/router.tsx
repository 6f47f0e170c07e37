/** Which page is at which address. Pages are loaded when they are gone to, and what they read first is asked for meanwhile. */
import { createBrowserRouter } from 'react-router';
import { Overview } from './pages/overview/overview.js';
import { readVersion } from './pages/version/read-version.js';
import { readAhead } from './registry/clients.js';
import { readToken } from './session/session.js';
import { NotFound, RouteProblem } from './shell/route-problem.js';
import { Shell } from './shell/shell.js';

export const createRouter = () =>
  createBrowserRouter(
    [
      {
        loader: () => {
          readAhead(readToken(), (ask, cache) => cache.prefetchQuery(ask.caller()));
          return null;
        },
        element: <Shell />,
        hydrateFallbackElement: <></>,
        errorElement: <RouteProblem />,
        children: [
          {
            errorElement: <RouteProblem />,
            children: [
              { index: true, element: <Overview /> },
              {
                path: 'models',
                lazy: async () => ({ Component: (await import('./pages/models/models-page.js')).ModelsPage }),
              },
              {
                path: 'models/:model',
                lazy: async () => ({ Component: (await import('./pages/model/model-page.js')).ModelPage }),
              },
              {
                path: 'models/:model/compare',
                lazy: async () => ({ Component: (await import('./pages/compare/compare-page.js')).ComparePage }),
              },
              {
                path: 'models/:model/versions/:version',
                loader: ({ params: { model = '', version = '' } }) => {
                  readAhead(readToken(), (ask, cache) => readVersion(ask, cache, model, Number(version)));
                  return null;
                },
                lazy: async () => ({ Component: (await import('./pages/version/version-page.js')).VersionPage }),
              },
              {
                path: 'datasets',
                lazy: async () => ({ Component: (await import('./pages/datasets/datasets.js')).Datasets }),
              },
              {
                path: 'datasets/:name',
                lazy: async () => ({ Component: (await import('./pages/dataset/dataset.js')).DatasetPage }),
              },
              {
                path: 'datasets/:name/quarantine',
                lazy: async () => ({ Component: (await import('./pages/quarantine/quarantine.js')).QuarantinePage }),
              },
              {
                path: 'datasets/:name/upload',
                lazy: async () => ({ Component: (await import('./pages/upload/upload.js')).UploadPage }),
              },
              {
                path: 'dataset-versions/:id',
                lazy: async () => ({
                  Component: (await import('./pages/dataset-version/dataset-version.js')).DatasetVersionPage,
                }),
              },
              {
                path: 'dataset-versions/:id/diff/:other',
                lazy: async () => ({
                  Component: (await import('./pages/dataset-diff/dataset-diff.js')).DatasetDiffPage,
                }),
              },
              { path: 'runs', lazy: async () => ({ Component: (await import('./pages/runs/runs.js')).Runs }) },
              { path: 'runs/:id', lazy: async () => ({ Component: (await import('./pages/run/run.js')).RunPage }) },
              {
                path: 'models/:model/ledger',
                lazy: async () => ({ Component: (await import('./pages/ledger/ledger.js')).LedgerPage }),
              },
              {
                path: 'models/:model/try',
                lazy: async () => ({ Component: (await import('./pages/try/try-page.js')).TryPage }),
              },
              { path: '*', element: <NotFound /> },
            ],
          },
        ],
      },
    ],
    { basename: '/console' },
  );
