package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ErasureMethodsTest {

    static Iterable<String> names() {
        return ErasureMethods.names();
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyMethodResolvesEveryProfileToSettingsThatJsonHolds(String name) throws Exception {
        ErasureMethod method = ErasureMethods.byName(name);
        assertThat(method.name()).isEqualTo(name);
        for (String profile : method.profiles()) {
            MethodSettings settings = method.resolve(new ErasureRequest("church", null, name, profile, 1, null));
            Map<?, ?> read = new ObjectMapper().readValue(new ObjectMapper().writeValueAsString(settings), Map.class);
            assertThat(read.keySet()).isEqualTo(settings.toMap().keySet()).isNotEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void requestWithoutAProfileTakesTheFirst(String name) {
        assertThat(new ErasureRequest("church", null, name, null, 1, null).profile()).isEqualTo(ErasureMethods.byName(name).profiles().get(0));
    }

    @ParameterizedTest
    @MethodSource("names")
    void unknownSettingIsRefusedByTheMethodNamed(String name) {
        ErasureRequest request = new ErasureRequest("church", null, name, null, 1, Map.of("learning_rat", 1));
        assertThatIllegalArgumentException().isThrownBy(() -> ErasureMethods.byName(name).resolve(request))
                .withMessageContaining("learning_rat").withMessageContaining("learningRate");
    }

    @Test
    void esdHasNoAttackWhateverIsAskedFor() {
        ErasureRequest request = new ErasureRequest("church", null, "esd", null, 1, Map.of("attackSteps", 9));
        assertThat(ErasureMethods.byName("esd").resolve(request).toMap()).containsEntry("attackSteps", 0);
    }

    @Test
    void unknownMethodIsToldWhatIsAccepted() {
        assertThatIllegalArgumentException().isThrownBy(() -> new ErasureRequest("church", null, "magic", null, 1, null))
                .withMessageContaining("method must be one of advunlearn, esd, sgrace, encoder-only");
    }
}
