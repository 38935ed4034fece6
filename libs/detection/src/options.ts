// What a descriptor and the environment may say, and nothing that does the work: a start that is refused loads no more than this.
export { detectionOptionsSchema, type DetectionOptions, type DetectionSettings } from './detection.options.ts';
