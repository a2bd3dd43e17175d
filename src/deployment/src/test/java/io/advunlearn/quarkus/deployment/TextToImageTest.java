package io.advunlearn.quarkus.deployment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.quarkus.EncoderSwapped;
import io.advunlearn.quarkus.GeneratedImage;
import io.advunlearn.quarkus.GeneratedImages;
import io.advunlearn.quarkus.Pipeline;
import io.advunlearn.quarkus.PipelineReady;
import io.advunlearn.quarkus.TextToImage;
import io.advunlearn.registry.EncoderPair;
import io.advunlearn.service.AdvUnlearnService;
import io.quarkus.test.QuarkusUnitTest;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.imageio.ImageIO;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An application that draws by injection, as the README shows it. */
class TextToImageTest {

    private static final long LIMIT_SECONDS = 60;

    /** Sees every event. */
    @Singleton
    public static class Witness {

        private final List<Object> seen = new CopyOnWriteArrayList<>();

        void see(@ObservesAsync PipelineReady event) {
            seen.add(event);
        }

        void see(@ObservesAsync EncoderSwapped event) {
            seen.add(event);
        }

        <T> List<T> of(Class<T> type) {
            return seen.stream().filter(type::isInstance).map(type::cast).toList();
        }
    }

    @RegisterExtension
    static final QuarkusUnitTest APP = new QuarkusUnitTest().withApplicationRoot(
            jar -> jar.addClasses(Postcards.class, Witness.class).addAsResource(new StringAsset("""
            quarkus.advunlearn.registry-directory=target/cdi-registry
            quarkus.advunlearn.limits.steps=20
            quarkus.advunlearn.limits.images=3
            quarkus.advunlearn.pipelines.emoji-sd.model-directory=${advunlearn.models}/emoji-sd
            """), "application.properties"));

    @Inject
    Postcards postcards;

    @Inject
    TextToImage only;

    @Inject
    @Pipeline("emoji-sd")
    TextToImage named;

    @Inject
    @Any
    Instance<TextToImage> any;

    @Inject
    AdvUnlearnService service;

    @Inject
    Witness witness;

    @BeforeEach
    void awaitReady() throws InterruptedException {
        await(() -> witness.of(PipelineReady.class).size() == 1);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("after %d s", LIMIT_SECONDS).isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    @Test
    void theDocumentedExampleDraws() throws IOException {
        byte[] png = postcards.draw("a church");
        assertThat(ImageIO.read(new ByteArrayInputStream(png)).getWidth()).isEqualTo(64);
        assertThat(postcards.draw("a church")).isEqualTo(png);
        GeneratedImages several = postcards.several("a dog", 2).await().atMost(Duration.ofSeconds(LIMIT_SECONDS));
        assertThat(several.images()).hasSize(2).extracting(GeneratedImage::seed).doesNotHaveDuplicates();
        assertThat(several.encoderVersion()).startsWith("base@");
    }

    @Test
    void theReadmeShowsIt() throws IOException {
        String source = Files.readString(Path.of("src/test/java/io/advunlearn/quarkus/deployment/Postcards.java"));
        String example = source.substring(source.indexOf("// tag::postcards[]\n") + "// tag::postcards[]\n".length(), source.indexOf("// end::postcards[]"));
        assertThat(Files.readString(Path.of("../../README.md"))).contains(example);
    }

    @Test
    void theSameRequestGivesTheSamePictureWhateverWayItIsSent() throws Exception {
        GeneratedImages blocking = only.prompt("a cat").seed(3).numInferenceSteps(2).guidanceScale(4).generate();
        GeneratedImages stage = named.prompt("a cat").seed(3).numInferenceSteps(2).guidanceScale(4).generateAsync().toCompletableFuture()
                .get(LIMIT_SECONDS, TimeUnit.SECONDS);
        assertThat(stage.image().png()).isEqualTo(blocking.image().png());
        assertThat(stage.image().seed()).isEqualTo(3);
        assertThat(blocking.image().toBufferedImage().getHeight()).isEqualTo(blocking.image().height());
        assertThat(only.prompt("a cat").seed(3).numInferenceSteps(2).size(32, 64).scheduler("EulerDiscrete").generate().image().width()).isEqualTo(32);
    }

    @Test
    void saysWhichSettingIsWrong() {
        assertThatThrownBy(() -> only.prompt(null).generate()).isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith("prompt must be");
        assertThatThrownBy(() -> only.prompt("x".repeat(4001)).generate()).hasMessageContaining("4000");
        assertThatThrownBy(() -> only.prompt("x").n(4).generate()).hasMessage("n must be between 1 and 3, not 4");
        assertThatThrownBy(() -> only.prompt("x").numInferenceSteps(21).generate()).hasMessage("numInferenceSteps must be between 1 and 20, not 21");
        assertThatThrownBy(() -> only.prompt("x").seed(-1).generate()).hasMessageStartingWith("seed must be");
        assertThatThrownBy(() -> only.prompt("x").guidanceScale(21).generate()).hasMessageContaining("between 1 and 20");
        assertThatThrownBy(() -> only.prompt("x").size(4096, 4096).generate()).hasMessageContaining("pixels");
        assertThatThrownBy(() -> only.prompt("x").scheduler("Heun").generate()).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> only.prompt("x").n(4).generateAsync().toCompletableFuture().join()).hasMessageContaining("between 1 and 3");
        assertThatThrownBy(() -> only.prompt("x").n(4).generateUni().await().indefinitely()).hasMessageContaining("between 1 and 3");
    }

    @Test
    void aPipelineThatThereIsNotIsRefusedByName() {
        assertThatThrownBy(() -> any.select(Pipeline.Literal.of("other")).get()).hasMessageContaining("other").hasMessageContaining("emoji-sd");
    }

    @Test
    void aSwapIsAnEvent() throws InterruptedException {
        int before = witness.of(EncoderSwapped.class).size();
        service.pipelines().find("emoji-sd").orElseThrow().promote(new EncoderPair("base", null), "test", false);
        await(() -> witness.of(EncoderSwapped.class).size() == before + 1);
        assertThat(witness.of(EncoderSwapped.class).get(before)).extracting(EncoderSwapped::pipeline, EncoderSwapped::kind, EncoderSwapped::encoder)
                .containsExactly("emoji-sd", "promote", "base");
    }
}
