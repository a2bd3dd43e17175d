package io.advunlearn.gateway.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The model that kills are checked with notices what must not happen. */
class RegistryModelTest {

    private static final String BOTH = "[{'id': 'a', 'digest': '1'}, {'id': 'b', 'digest': '2'}]";

    private final RegistryModel model = new RegistryModel();

    @BeforeEach
    void start() {
        model.registers("a", "1");
        model.registered();
        model.registers("b", "2");
        model.registered();
        model.starts("a", 1);
    }

    private static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text.replace('\'', '"'));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void checkServed(String encoder, long generation) {
        String state = "{'encoder': '" + encoder + "', 'generation': " + generation + "}";
        model.checkServed(json("{'desired': " + state + ", 'active': " + state + "}"));
    }

    private void checkEncoders(String list) {
        model.checkEncoders(json(list));
    }

    @Test
    void aPromotionThatWasAnsweredIsNotLost() {
        model.promotes("b");
        model.promoted(2);
        assertThatThrownBy(() -> checkServed("a", 1)).isInstanceOf(AssertionError.class);
        checkServed("b", 2);
    }

    @Test
    void onlyWhatWasAskedForIsServed() {
        assertThatThrownBy(() -> checkServed("b", 2)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> checkServed("b", 1)).isInstanceOf(AssertionError.class);
        model.promotes("b");
        assertThatThrownBy(() -> checkServed("a", 2)).isInstanceOf(AssertionError.class);
    }

    @Test
    void aPromotionThatWasNotAnsweredMayHaveHappened() {
        model.promotes("b");
        checkServed("b", 2);
        assertThat(model.served()).isEqualTo("b");
        model.promotes("a");
        checkServed("b", 2);
        assertThatThrownBy(() -> checkServed("a", 3)).as("that was decided").isInstanceOf(AssertionError.class);
    }

    @Test
    void encodersAreWholeOrAbsent() {
        checkEncoders(BOTH);
        assertThatThrownBy(() -> checkEncoders("[{'id': 'a', 'digest': '1'}]")).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> checkEncoders("[{'id': 'a', 'digest': '1'}, {'id': 'b', 'digest': '3'}]")).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> checkEncoders("[{'id': 'c', 'digest': '1'}, {'id': 'a', 'digest': '1'}, {'id': 'b', 'digest': '2'}]"))
                .isInstanceOf(AssertionError.class);
        model.registers("c", "3");
        assertThatThrownBy(() -> checkEncoders("[{'id': 'a', 'digest': '1'}, {'id': 'b', 'digest': '2'}, {'id': 'c', 'digest': '4'}]"))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void whatIsDeletedStaysDeleted() {
        model.deletes("b");
        model.deleted(true);
        assertThatThrownBy(() -> checkEncoders(BOTH)).isInstanceOf(AssertionError.class);
        checkEncoders("[{'id': 'a', 'digest': '1'}]");
        model.deletes("a");
        checkEncoders("[{'id': 'a', 'digest': '1'}]");
        assertThat(model.encoders()).containsExactly("a");
    }

    @Test
    void erasuresGoOn() {
        model.erases();
        model.erases("x");
        assertThatThrownBy(() -> model.checkErasures(json("[]"))).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> model.checkErasures(json("[{'id': 'x', 'state': 'failed'}]"))).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> model.checkErasures(json("[{'id': 'x', 'state': 'running'}, {'id': 'y', 'state': 'queued'}]"))).isInstanceOf(AssertionError.class);
        model.erases();
        model.checkErasures(json("[{'id': 'x', 'state': 'running'}, {'id': 'y', 'state': 'queued'}]"));
        assertThat(model.erasures()).containsExactlyInAnyOrder("x", "y");
        model.checkErasures(json("[{'id': 'x', 'state': 'succeeded'}, {'id': 'y', 'state': 'running'}]"));
        assertThatThrownBy(() -> checkEncoders(BOTH)).as("the candidate is not there").isInstanceOf(AssertionError.class);
        checkEncoders("[{'id': 'a', 'digest': '1'}, {'id': 'b', 'digest': '2'}, {'id': 'x', 'digest': '9'}]");
    }
}
