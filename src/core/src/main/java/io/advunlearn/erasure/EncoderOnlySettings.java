package io.advunlearn.erasure;

import static io.advunlearn.erasure.SettingsRules.positive;
import static io.advunlearn.erasure.SettingsRules.range;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * Every setting of {@link EncoderOnly}. Distances are relative: 1 is what an unerased concept prompt has to its anchor, or a retained prompt
 * to the empty one.
 *
 * @param iterations optimiser steps, 1 to 100,000
 * @param learningRate of Adam, for the first half; then it falls to 0
 * @param gradientClip bound of the gradient's norm, 0 for none
 * @param anchor what the concept becomes; {@code auto}: the catalogue's nearest class of the same kind; empty: the concept is left out
 * @param eraseTexts concept prompts that become their anchors'
 * @param eraseBatch how many of them a step looks at
 * @param paraphraseShare share of those that are reworded or have random tokens beside the prompt, 0 to 1
 * @param eraseWeight weight of their distance
 * @param retainTexts prompts that stay as they are
 * @param retainBatch how many of them a step looks at, the empty prompt besides
 * @param retainWeight weight of their distance
 * @param retainDistance classes and listed prompts nearer to a concept than this are not retained, in units of its distance from the empty prompt; 0
 *     to retain them all
 * @param searchStart steps before the first search
 * @param searchInterval steps between two rounds of searches
 * @param searches texts sought a round, 0 for none
 * @param searchTokens free tokens of a search, one of these each time
 * @param searchCandidates tokens tried exactly at each place, those that the gradient ranks best
 * @param searchSweeps times a search goes over its free tokens, at most
 * @param searchBatch found texts a step looks at
 * @param searchWeight weight of their distance
 * @param layers indices of the trained transformer layers, empty for all
 * @param trainFinalNorm whether the final layer norm is trained too
 * @param checkpointInterval steps between checkpoints
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record EncoderOnlySettings(int iterations, double learningRate, double gradientClip, String anchor, int eraseTexts, int eraseBatch,
        double paraphraseShare, double eraseWeight, int retainTexts, int retainBatch, double retainWeight, double retainDistance, int searchStart, int searchInterval,
        int searches, List<Integer> searchTokens, int searchCandidates, int searchSweeps, int searchBatch, double searchWeight,
        List<Integer> layers, boolean trainFinalNorm, int checkpointInterval) implements TrainingSettings {

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public EncoderOnlySettings {
        searchTokens = List.copyOf(searchTokens);
        layers = List.copyOf(layers);
        range("iterations", iterations, 1, 100_000);
        positive("learningRate", learningRate);
        range("gradientClip", gradientClip, 0, 1e6);
        if (anchor == null || anchor.length() > 200) {
            throw new IllegalArgumentException("anchor must be at most 200 characters");
        }
        range("eraseTexts", eraseTexts, 1, 100_000);
        range("eraseBatch", eraseBatch, 1, 1024);
        range("paraphraseShare", paraphraseShare, 0, 1);
        range("eraseWeight", eraseWeight, 0, 1000);
        range("retainTexts", retainTexts, 1, 100_000);
        range("retainBatch", retainBatch, 1, 1024);
        range("retainWeight", retainWeight, 0, 1000);
        range("retainDistance", retainDistance, 0, 10);
        range("searchStart", searchStart, 0, 100_000);
        range("searchInterval", searchInterval, 1, 100_000);
        range("searches", searches, 0, 1000);
        if (searchTokens.isEmpty()) {
            throw new IllegalArgumentException("searchTokens must hold at least one number");
        }
        searchTokens.forEach(tokens -> range("searchTokens", tokens, 1, 16));
        range("searchCandidates", searchCandidates, 1, 1_000_000);
        range("searchSweeps", searchSweeps, 1, 100);
        range("searchBatch", searchBatch, 1, 1024);
        range("searchWeight", searchWeight, 0, 1000);
        range("checkpointInterval", checkpointInterval, 1, 100_000);
    }

    /** Falls to nothing over the second half: what is held settles only with small steps. */
    @Override
    public double rateShare(int iteration) {
        return Math.min(1, 2.0 * (iterations - iteration) / iterations);
    }

    /** @throws IllegalArgumentException naming the field and what is accepted */
    static EncoderOnlySettings resolve(ErasureRequest request) {
        return SettingsJson.with(fast(), request.settings());
    }

    private static EncoderOnlySettings fast() {
        return new EncoderOnlySettings(200, 1e-3, 1, "auto", 400, 24, 0.5, 1, 400, 24, 1, 0, 40, 8, 2, List.of(2, 3), 48, 2, 8, 1,
                List.of(), true, 50);
    }
}
