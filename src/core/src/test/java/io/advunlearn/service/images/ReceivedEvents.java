package io.advunlearn.service.images;

import io.advunlearn.service.json.ServerSentEvents;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/** A client that takes a whole stream. */
final class ReceivedEvents {

    private ReceivedEvents() {
    }

    /** All that a stream sends, once it has ended. */
    static String text(Images.Generation generation) {
        StringBuilder text = new StringBuilder();
        CompletableFuture<String> all = new CompletableFuture<>();
        generation.events().orElseThrow().to(new ServerSentEvents.Sink() {

            @Override
            public void send(byte[] event) {
                text.append(new String(event, StandardCharsets.UTF_8));
            }

            @Override
            public void end() {
                all.complete(text.toString());
            }
        });
        return all.join();
    }
}
