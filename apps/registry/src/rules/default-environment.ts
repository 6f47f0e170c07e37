/** Where a version is served if nobody says otherwise: what MLflow's alias `champion` tells of, too. */
export const DEFAULT_ENVIRONMENT = 'production';
