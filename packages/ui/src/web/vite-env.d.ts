/** Vite takes styles into the page; there is nothing to import from them. */
declare module "*.css"
