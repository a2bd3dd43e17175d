package io.advunlearn.quarkus.test;

import java.net.URI;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@link AdvUnlearnTestResource} prepared; a test has it in a field of this type.
 *
 * @param adminKey opens the admin API as {@code X-API-Key}
 * @param secondEncoder id of an encoder in the registry that draws other pictures than the model's own, to be swapped in
 * @param pipelines the names of the pipelines that have the model
 * @param model the model, in diffusers layout
 * @param registry the registry's directory
 */
public record AdvUnlearnTestSetup(String adminKey, String secondEncoder, List<String> pipelines, Path model, Path registry) {

    /** The only pipeline, or the first. */
    public String pipeline() {
        return pipelines.get(0);
    }

    /**
     * An address of the admin API.
     *
     * @param management what {@code @TestHTTPResource(value = "/", management = true)} injects
     * @param path below {@code /admin/advunlearn}, such as {@code /encoders}
     */
    public URI admin(URL management, String path) {
        return URI.create(management.getProtocol() + "://" + management.getHost() + ":" + management.getPort() + "/admin/advunlearn" + path);
    }
}
