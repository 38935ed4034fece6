export {
  defineProblems,
  problemCatalogue,
  problemType,
  problemTypes,
  type ProblemCode,
  type ProblemLogLevel,
  type ProblemType,
} from './problem.catalogue.ts';
export { ProblemError, type ProblemErrorOptions, type ProblemField } from './problem.error.ts';
export { ProblemFilter } from './problem.filter.ts';
export { PROBLEM_MEDIA_TYPE, problemBody, toProblemError, type ProblemBody } from './problem.ts';
