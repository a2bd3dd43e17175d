package io.advunlearn.pipeline;

import io.advunlearn.model.ClipTextModelWithProjection;
import io.advunlearn.model.ClipTokenizer;

/**
 * SDXL's second text encoder, as it came with the model.
 *
 * @param tokenizer pads with another token than the first encoder's
 * @param model the network
 * @param digest SHA-256 of its weights file, hex
 * @param zerosForEmptyPrompt whether an empty negative prompt is read as zeros
 */
public record SecondEncoder(ClipTokenizer tokenizer, ClipTextModelWithProjection model, String digest, boolean zerosForEmptyPrompt) { }
