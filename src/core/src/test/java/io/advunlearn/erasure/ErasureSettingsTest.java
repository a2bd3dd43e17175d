package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ErasureSettingsTest {

    private static ErasureSettings resolve(String profile, Map<String, Object> overrides) {
        return ErasureSettings.resolve(new ErasureRequest("church", "object", "advunlearn", profile, 1, overrides));
    }

    @Test
    void paperProfileHasThePublishedDefaults() {
        ErasureSettings s = resolve("paper", Map.of());
        assertThat(s.iterations()).isEqualTo(1000);
        assertThat(s.warmupIterations()).isEqualTo(200);
        assertThat(s.learningRate()).isEqualTo(1e-5);
        assertThat(s.attackSteps()).isEqualTo(30);
        assertThat(s.attackLearningRate()).isEqualTo(1e-3);
        assertThat(s.attackTokens()).isEqualTo(1);
        assertThat(s.placements()).containsExactly(Placement.PREFIX);
        assertThat(s.target()).isEqualTo("esd");
        assertThat(s.retainBatch()).isEqualTo(5);
        assertThat(s.retainWeight()).isEqualTo(0.3);
        assertThat(s.bank()).isFalse();
        assertThat(s.bankSteps()).isEqualTo(50);
        assertThat(s.startGuidance()).isEqualTo(3);
    }

    @Test
    void overridesReplaceSingleFields() {
        ErasureSettings s = resolve("fast", Map.of("attackMethod", "pgd", "placements", List.of("suffix", "ADD"), "layers", List.of(0, 1)));
        assertThat(s.attackMethod()).isEqualTo(AttackMethod.PGD);
        assertThat(s.placements()).containsExactly(Placement.SUFFIX, Placement.ADD);
        assertThat(s.layers()).containsExactly(0, 1);
        assertThat(s.iterations()).isEqualTo(resolve("fast", Map.of()).iterations());
    }

    @Test
    void shorterRunKeepsTheShareOfWarmUp() {
        ErasureSettings s = resolve("paper", Map.of("iterations", 100));
        assertThat(s.warmupIterations()).isEqualTo(20);
    }

    @Test
    void unknownFieldIsNamedWithWhatIsAccepted() {
        assertThatIllegalArgumentException().isThrownBy(() -> resolve("fast", Map.of("learning_rat", 1)))
                .withMessageContaining("learning_rat").withMessageContaining("learningRate");
    }

    @Test
    void valueOutOfRangeIsNamed() {
        assertThatIllegalArgumentException().isThrownBy(() -> resolve("fast", Map.of("attackTokens", 0)))
                .withMessageContaining("attackTokens must be between 1 and 75");
        assertThatIllegalArgumentException().isThrownBy(() -> resolve("fast", Map.of("target", "nothing")))
                .withMessageContaining("anchor, esd");
        assertThatIllegalArgumentException().isThrownBy(() -> resolve("fast", Map.of("attackMethod", "magic")))
                .withMessageContaining("attackMethod");
        assertThatIllegalArgumentException().isThrownBy(() -> resolve("fast", Map.of("iterations", "many")))
                .withMessageContaining("iterations");
        assertThatIllegalArgumentException().isThrownBy(() -> resolve("kv", Map.of("attackMethod", "free_at")))
                .withMessageContaining("unetInterval must be 1");
        assertThatIllegalArgumentException().isThrownBy(() -> resolve("kv", Map.of("retainTexts", 0)))
                .withMessageContaining("unetInterval must be 1 unless eraseTexts and retainTexts");
    }

    @Test
    void requestNamesWhatItAccepts() {
        assertThatIllegalArgumentException().isThrownBy(() -> new ErasureRequest(" ", null, null, null, 1, null))
                .withMessageContaining("concept");
        assertThatIllegalArgumentException().isThrownBy(() -> new ErasureRequest("church", "colour", null, null, 1, null))
                .withMessageContaining("object, style");
        assertThatIllegalArgumentException().isThrownBy(() -> new ErasureRequest("church", null, null, "slow", 1, null))
                .withMessageContaining("fast, kv, paper, nudity, style, object");
    }

    @Test
    void publishedPresetsDifferInTheRetainWeightAlone() {
        assertThat(resolve("nudity", Map.of())).isEqualTo(resolve("paper", Map.of()));
        assertThat(resolve("style", Map.of()).retainWeight()).isEqualTo(0.5);
        assertThat(resolve("style", Map.of())).isEqualTo(resolve("paper", Map.of("retainWeight", 0.5)));
        assertThat(resolve("object", Map.of())).isEqualTo(resolve("style", Map.of()));
    }

    @Test
    void conditionSpaceHasNoPlacements() {
        assertThat(resolve("fast", Map.of("attackSpace", "condition")).placements()).isEmpty();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> resolve("fast", Map.of("attackSpace", "condition", "placements", List.of("prefix"))))
                .withMessageContaining("placements must be empty when attackSpace is condition");
    }

    @Test
    void freeAttackIsItsOwnInterval() {
        assertThat(resolve("fast", Map.of("attackMethod", "free_at", "attackSteps", 4)).roundLength()).isEqualTo(4);
        assertThat(resolve("fast", Map.of("attackInterval", 3)).roundLength()).isEqualTo(3);
        for (Map<String, Object> wrong : List.<Map<String, Object>>of(Map.of("attackInterval", 2), Map.of("attackRestarts", 2),
                Map.of("attackDistance", "kv"))) {
            Map<String, Object> settings = new HashMap<>(wrong);
            settings.put("attackMethod", "free_at");
            assertThatIllegalArgumentException().isThrownBy(() -> resolve("fast", settings))
                    .withMessageContaining("must be 1 and attackDistance unet when attackMethod is free_at");
        }
    }
}
