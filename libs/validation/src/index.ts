export { RESPONSE_DECLARATION, Returns, ReturnsNothing, type ResponseDeclaration } from './returns.decorator.ts';
export { SchemaPipe } from './schema.pipe.ts';
export { looseObjects } from './strict.ts';
