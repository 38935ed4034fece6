export { created, expectedVersion, stale, tagged } from './entity-tag.ts';
export { cutPage, pageOf, pageQuery, type PageQuery, queryInteger } from './page.ts';
export { RESPONSE_DECLARATION, Returns, ReturnsNothing, type ResponseDeclaration } from './returns.decorator.ts';
export { SchemaPipe } from './schema.pipe.ts';
export { looseObjects } from './strict.ts';
