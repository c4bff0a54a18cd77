/**
 * Whether Envoy's types are needed to read what there is to read: they take longer to load than everything else
 * together, and only EnvoyFilters contain any. To be changed before the model is imported, by those that know the files.
 */
export const needed = { envoyTypes: true };
