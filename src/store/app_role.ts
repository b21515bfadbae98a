/** The database role that the processes of the node connect as, bound by row-level security. */
export const APP_ROLE = 'trunkline_app';
