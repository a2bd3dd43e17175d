package io.advunlearn.djlserving;

import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.ServiceSettings;
import io.advunlearn.service.access.Keyring;
import io.advunlearn.service.serving.ServingMetrics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one service of a DJL Serving process, which the models' translators and the plugin's handler share: both are loaded from
 * {@code deps/}, by the same class loader.
 */
final class DjlServingHost {

    private static final Logger LOG = LoggerFactory.getLogger(DjlServingHost.class);

    private static DjlServingHost instance;

    private final AdvUnlearnService service;
    private final Keyring keys;
    private final TracedEncoders tracedEncoders;

    private DjlServingHost(HostSettings settings) {
        keys = settings.keys();
        ServiceSettings forService = settings.service();
        EncoderRegistry registry = new FileEncoderRegistry(forService.registryDirectory(), forService.replica());
        service = new AdvUnlearnService(forService, registry, ServingMetrics.NONE);
        tracedEncoders = new TracedEncoders(registry);
        service.start();
        LOG.info("AdvUnlearn's registry is {}; the admin API is {}", forService.registryDirectory().toAbsolutePath().normalize(),
                keys.isConfigured() ? "open to its keys" : "closed: there is no token");
    }

    /** The process's service, made at the first call. @throws IllegalArgumentException naming the wrong setting */
    static synchronized DjlServingHost get() {
        if (instance == null) {
            instance = new DjlServingHost(HostSettings.ofProcess());
            // DJL Serving tells nobody that it stops. Unfinished jobs must stop at a checkpoint.
            Runtime.getRuntime().addShutdownHook(new Thread(instance.service::close, "advunlearn-stop"));
        }
        return instance;
    }

    AdvUnlearnService service() {
        return service;
    }

    Keyring keys() {
        return keys;
    }

    TracedEncoders tracedEncoders() {
        return tracedEncoders;
    }
}
