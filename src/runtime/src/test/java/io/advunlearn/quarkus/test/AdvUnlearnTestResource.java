package io.advunlearn.quarkus.test;

import io.advunlearn.registry.EncoderRegistry.Registration;
import io.advunlearn.registry.FileEncoderRegistry;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * What a {@code @QuarkusTest} of an application with the extension needs: a small model that draws pictures of 64 x 64 pixels in a few steps, a registry of its
 * own with a second encoder, and an admin key. All of it is in a temporary directory that goes when the tests are over.
 *
 * <pre>
 * &#64;QuarkusTest
 * &#64;WithTestResource(AdvUnlearnTestResource.class)
 * class PostcardsTest {
 *     AdvUnlearnTestSetup setup; // is injected
 * }
 * </pre>
 *
 * <p>Arguments ({@code initArgs}): {@value #PIPELINES}, the pipelines that get the model, separated by commas ({@value #PIPELINE} if it is left out);
 * {@value #ERASURES}, concepts that the second encoder passes for having erased, separated by commas: the pipelines then start with it, as one with
 * {@code required-erasures} must.
 */
public class AdvUnlearnTestResource implements QuarkusTestResourceLifecycleManager {

    /** The pipeline's name if no argument gives one. */
    public static final String PIPELINE = "emoji-sd";
    /** The argument with the pipelines' names. */
    public static final String PIPELINES = "pipelines";
    /** The argument with the second encoder's erasures. */
    public static final String ERASURES = "erasures";
    /** The second encoder's id. */
    public static final String SECOND_ENCODER = "second";

    private static final String PREFIX = "quarkus.advunlearn.";
    private static final String STEPS = "4";
    private static final float FACTOR = 0.9f;

    private List<String> pipelines = List.of(PIPELINE);
    private List<String> erasures = List.of();
    private AdvUnlearnTestSetup setup;
    private Path directory;

    @Override
    public void init(Map<String, String> initArgs) {
        initArgs.forEach((name, value) -> {
            switch (name) {
                case PIPELINES -> pipelines = names(value);
                case ERASURES -> erasures = names(value);
                default -> throw new IllegalArgumentException("AdvUnlearnTestResource takes the arguments " + PIPELINES + " and " + ERASURES + ", not " + name);
            }
        });
    }

    private static List<String> names(String value) {
        return Stream.of(value.split(",")).map(String::strip).filter(name -> !name.isEmpty()).toList();
    }

    @Override
    public Map<String, String> start() {
        try {
            directory = Files.createTempDirectory("advunlearn-test");
            Path model = BundledModel.unpack(directory.resolve("model"));
            Path registry = directory.resolve("registry");
            new FileEncoderRegistry(registry, "test-resource").register(ScaledEncoder.of(model.resolve("text_encoder"), directory.resolve(SECOND_ENCODER), FACTOR),
                    new Registration(SECOND_ENCODER, null, null, erasures, "imported", "test", null, new float[0]));
            setup = new AdvUnlearnTestSetup(UUID.randomUUID().toString(), SECOND_ENCODER, pipelines, model, registry);
            return settings();
        } catch (IOException e) {
            throw new UncheckedIOException("the model for tests could not be written to the temporary directory", e);
        }
    }

    private Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put(PREFIX + "registry-directory", setup.registry().toString());
        settings.put(PREFIX + "admin.api-key", setup.adminKey());
        for (String name : pipelines) {
            String pipeline = PREFIX + "pipelines." + name + ".";
            settings.put(pipeline + "model-directory", setup.model().toString());
            settings.put(pipeline + "num-inference-steps", STEPS);
            if (!erasures.isEmpty()) {
                settings.put(pipeline + "encoder", SECOND_ENCODER);
            }
        }
        return settings;
    }

    @Override
    public void inject(TestInjector testInjector) {
        testInjector.injectIntoFields(setup, new TestInjector.MatchesType(AdvUnlearnTestSetup.class));
    }

    @Override
    public void stop() {
        if (directory == null) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the tests' files could not be deleted", e);
        }
    }
}
