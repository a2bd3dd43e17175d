package io.advunlearn.djlserving;

import io.advunlearn.service.jobs.JobDirectory;
import io.advunlearn.service.jobs.JobEvents;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.json.ServerSentEvents;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A job's events on a channel, as server-sent events, until the job is over or the client leaves. A client that reads slowly
 * makes the reading of the file wait, not the memory grow.
 */
final class NettyEventStream implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(NettyEventStream.class);

    private final ChannelHandlerContext context;
    private final JobEvents events;
    private final ScheduledExecutorService executor;

    NettyEventStream(ChannelHandlerContext context, JobEvents events, ScheduledExecutorService executor) {
        this.context = context;
        this.events = events;
        this.executor = executor;
    }

    void start() {
        NettyAnswers.begin(context, new Answer(200, ServerSentEvents.MEDIA_TYPE, Map.of("Cache-Control", "no-cache"), new byte[0]));
        executor.execute(this);
    }

    /** Sends what is new and looks again later. */
    @Override
    public void run() {
        if (!context.channel().isActive()) {
            return;
        }
        try {
            if (!context.channel().isWritable() || sendNew()) {
                executor.schedule(this, JobEvents.POLL.toMillis(), TimeUnit.MILLISECONDS);
            } else {
                NettyAnswers.end(context);
            }
        } catch (RuntimeException e) {
            LOG.error("An event stream broke off", e);
            context.close();
        }
    }

    /** @return whether there may be more */
    private boolean sendNew() {
        JobEvents.Batch batch = events.next();
        for (JobDirectory.Event event : batch.events()) {
            String text = "id: " + event.end() + "\nevent: " + event.type() + "\ndata: " + event.json() + "\n\n";
            context.write(new DefaultHttpContent(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8)));
        }
        context.flush();
        return !batch.last();
    }
}
