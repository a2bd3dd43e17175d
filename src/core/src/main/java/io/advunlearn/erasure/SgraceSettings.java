package io.advunlearn.erasure;

import static io.advunlearn.erasure.SettingsRules.oneOf;
import static io.advunlearn.erasure.SettingsRules.positive;
import static io.advunlearn.erasure.SettingsRules.range;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * Every setting of {@link Sgrace}.
 *
 * @param rounds rounds of an attack and an edit each
 * @param editSteps optimiser steps of an edit
 * @param learningRate of the edit's Adam
 * @param gradientClip bound of the edit's gradient norm, 0 for none
 * @param attackSteps steps of an attack
 * @param attackLearningRate of Adam on the gradient's sign
 * @param attackRadius L-infinity bound around a sequence as it was drawn, in units of {@code attackLearningRate}; 0 for none
 * @param cosineWeight weight of the attack's feature term
 * @param sequences token-embedding sequences attacked together; the first is the concept
 * @param minKeywords related keywords of any other sequence, at least
 * @param maxKeywords and at most
 * @param randomIds random tokens in front of those keywords
 * @param updateChance probability that a later round draws such a sequence anew
 * @param similarityWeight weight of the edit's similarity to the features before it
 * @param anchorWeight weight of the edit's unrelated keywords
 * @param anchors unrelated keywords an edit step looks at
 * @param parameterWeight weight of the edit's L1 distance of the parameters
 * @param timestepFrom earliest training timestep of the noisy latent
 * @param timestepTo first one that is too late
 * @param rolloutSteps DDIM steps of its schedule
 * @param startGuidance guidance scale of its rollout
 * @param keywordSource where keywords come from that are not given: {@code catalog} or {@code chat}
 * @param keywords related and unrelated keywords wanted, each
 * @param related related keywords, empty to ask the source
 * @param unrelated unrelated keywords, empty to ask the source
 * @param layers indices of the trained transformer layers, empty for all
 * @param trainFinalNorm whether the final layer norm is trained too
 * @param checkpointInterval edit steps between checkpoints
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record SgraceSettings(int rounds, int editSteps, double learningRate, double gradientClip, int attackSteps, double attackLearningRate,
        double attackRadius, double cosineWeight, int sequences, int minKeywords, int maxKeywords, int randomIds, double updateChance,
        double similarityWeight, double anchorWeight, int anchors, double parameterWeight, int timestepFrom, int timestepTo, int rolloutSteps,
        double startGuidance, String keywordSource, int keywords, List<String> related, List<String> unrelated, List<Integer> layers,
        boolean trainFinalNorm, int checkpointInterval) implements TrainingSettings {

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public SgraceSettings {
        related = Keywords.checked("related", related);
        unrelated = Keywords.checked("unrelated", unrelated);
        layers = List.copyOf(layers);
        range("rounds", rounds, 1, 1000);
        range("editSteps", editSteps, 1, 100_000);
        positive("learningRate", learningRate);
        range("gradientClip", gradientClip, 0, 1e6);
        range("attackSteps", attackSteps, 0, 1000);
        positive("attackLearningRate", attackLearningRate);
        range("attackRadius", attackRadius, 0, 1e6);
        range("cosineWeight", cosineWeight, 0, 1000);
        range("sequences", sequences, 1, 256);
        range("minKeywords", minKeywords, 1, 50);
        range("maxKeywords", maxKeywords, minKeywords, 50);
        range("randomIds", randomIds, 0, 20);
        range("updateChance", updateChance, 0, 1);
        range("similarityWeight", similarityWeight, 0, 1000);
        range("anchorWeight", anchorWeight, 0, 1e6);
        range("anchors", anchors, 1, 1024);
        range("parameterWeight", parameterWeight, 0, 1000);
        range("timestepFrom", timestepFrom, 0, 999);
        range("timestepTo", timestepTo, timestepFrom + 1, 1000);
        range("rolloutSteps", rolloutSteps, 2, 1000);
        range("startGuidance", startGuidance, 1, 20);
        oneOf("keywordSource", keywordSource, "catalog", "chat");
        range("keywords", keywords, 1, 1000);
        range("checkpointInterval", checkpointInterval, 1, 100_000);
    }

    /** All edit steps. */
    @Override
    public int iterations() {
        return rounds * editSteps;
    }

    /** @throws IllegalArgumentException naming the field and what is accepted */
    static SgraceSettings resolve(ErasureRequest request) {
        return SettingsJson.with("paper".equals(request.profile()) ? paper(request.kind()) : fast(), request.settings());
    }

    /** The published schedule with larger rates, for an encoder much smaller than CLIP ViT-L: with 1e-3 the erase term falls from 2 to 0.1 on church. */
    private static SgraceSettings fast() {
        return new SgraceSettings(4, 50, 1e-3, 1, 10, 0.02, 4, 0.1, 8, 3, 10, 3, 0.15, 1, 1, 16, 0.2, 750, 950, 50, 3, "catalog", 50,
                List.of(), List.of(), List.of(), true, 25);
    }

    /** The published configurations for an object (church) and a style (van gogh); 3 random tokens are ours, the number is not published. */
    private static SgraceSettings paper(String kind) {
        return new SgraceSettings(4, 50, 1e-5, 0, 10, 0.005, 4, 0.1, 8, 3, 10, 3, 0.15, "style".equals(kind) ? 1.2 : 1, 1, 8, 0.2, 750, 950,
                50, 3, "catalog", 50, List.of(), List.of(), List.of(), true, 25);
    }
}
