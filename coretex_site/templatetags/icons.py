"""The shapes of the icons, drawn on 16 by 16 with a stroke of 1.5; knows nothing of where they are used."""

ICONS: dict[str, str] = {
    # The rail
    "projects": '<path d="M2 5.2 8 2l6 3.2L8 8.4z"/><path d="m2 8.2 6 3.2 6-3.2"/><path d="m2 11.2 6 3.2 6-3.2"/>',
    "tasks": '<rect x="2.5" y="2.5" width="11" height="11" rx="2"/><path d="M6.6 6 4.9 8l1.7 2M9.4 6l1.7 2-1.7 2"/>',
    "runs": '<circle cx="8" cy="8" r="5.8"/><path d="M6.7 5.6v4.8L10.5 8z"/>',
    "datasets": '<ellipse cx="8" cy="3.9" rx="5.2" ry="1.9"/>'
    '<path d="M2.8 3.9v8.2c0 1 2.3 1.9 5.2 1.9s5.2-.9 5.2-1.9V3.9"/><path d="M2.8 8c0 1 2.3 1.9 5.2 1.9s5.2-.9 5.2-1.9"/>',
    "nodes": '<rect x="2" y="2.5" width="12" height="4.6" rx="1.2"/><rect x="2" y="8.9" width="12" height="4.6" rx="1.2"/>'
    '<path d="M4.8 4.8h.01M4.8 11.2h.01M7.5 4.8h3.7M7.5 11.2h3.7"/>',
    "models": '<path d="m8 1.8 5.4 3.1v6.2L8 14.2l-5.4-3.1V4.9z"/><path d="m2.6 4.9 5.4 3 5.4-3M8 7.9v6.3"/>',
    "admin": '<path d="M8 1.8 13 3.6v4c0 3-2 5.4-5 6.6-3-1.2-5-3.6-5-6.6v-4z"/><path d="m5.8 7.8 1.6 1.6 2.9-3"/>',
    "help": '<circle cx="8" cy="8" r="6"/><path d="M6.2 6.3c.1-1 .8-1.7 1.8-1.7s1.8.7 1.8 1.6c0 1.3-1.8 1.4-1.8 2.7M8 11.2h.01"/>',
    "sign-out": '<path d="M6.5 2.5h-3a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1h3M10.5 11 13.5 8l-3-3M13.2 8H6"/>',
    "user": '<circle cx="8" cy="5.2" r="2.7"/><path d="M2.8 13.6c.4-2.5 2.5-4 5.2-4s4.8 1.5 5.2 4"/>',
    "members": '<circle cx="6" cy="5.4" r="2.4"/><path d="M1.6 13.2c.3-2.3 2-3.7 4.4-3.7s4.1 1.4 4.4 3.7"/>'
    '<path d="M10.6 3.2a2.4 2.4 0 0 1 0 4.4M12 9.9c1.3.5 2.2 1.6 2.4 3.3"/>',
    "settings": '<path d="M2 4.5h6.5M12.5 4.5H14M2 11.5h1.5M7.5 11.5H14"/><circle cx="10.5" cy="4.5" r="1.9"/>'
    '<circle cx="5.5" cy="11.5" r="1.9"/>',
    "menu": '<path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11"/>',
    # Actions
    "plus": '<path d="M8 3v10M3 8h10"/>',
    "play": '<path d="M4.5 2.8v10.4L13 8z"/>',
    "stop": '<rect x="3.5" y="3.5" width="9" height="9" rx="1.5"/>',
    "pause": '<path d="M5.5 3.5v9M10.5 3.5v9"/>',
    "again": '<path d="M13.2 8a5.2 5.2 0 1 1-1.6-3.8L13.5 6"/><path d="M13.5 2.5V6H10"/>',
    "edit": '<path d="m10.8 2.7 2.5 2.5-7.8 7.8-3.2.7.7-3.2z"/><path d="m9.2 4.3 2.5 2.5"/>',
    "trash": '<path d="M2.8 4.3h10.4M6 4.3V2.8h4v1.5M4.2 4.3l.6 9.2h6.4l.6-9.2M6.7 7v3.8M9.3 7v3.8"/>',
    "download": '<path d="M8 2.5v7.8M4.8 7.2 8 10.4l3.2-3.2M2.8 13.5h10.4"/>',
    "upload": '<path d="M8 10.5V2.8M4.8 5.8 8 2.6l3.2 3.2M2.8 13.5h10.4"/>',
    "copy": '<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M10.5 5.5V3.8a1.3 1.3 0 0 0-1.3-1.3H3.8a1.3 1.3 0 0 0-1.3'
    ' 1.3v5.4a1.3 1.3 0 0 0 1.3 1.3h1.7"/>',
    "search": '<circle cx="7" cy="7" r="4.3"/><path d="m10.2 10.2 3.3 3.3"/>',
    "filter": '<path d="M2.3 3h11.4L9.4 8.2v4.3l-2.8 1.3V8.2z"/>',
    "more": '<path d="M3.5 8h.01M8 8h.01M12.5 8h.01" stroke-width="2.4"/>',
    "external": '<path d="M9.5 2.5h4v4M13.3 2.7 7.5 8.5M11.5 9.5v3a1 1 0 0 1-1 1h-7a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1h3"/>',
    "archive": '<rect x="2" y="2.8" width="12" height="3.2" rx="1"/><path d="M3.2 6v6.2a1 1 0 0 0 1 1h7.6a1 1 0 0 0 1-1V6M6.5 8.7h3"/>',
    "eye": '<path d="M1.6 8S4 3.7 8 3.7 14.4 8 14.4 8 12 12.3 8 12.3 1.6 8 1.6 8z"/><circle cx="8" cy="8" r="1.9"/>',
    # Signs
    "check": '<path d="m3 8.4 3.2 3.3L13 4.6"/>',
    "close": '<path d="m3.8 3.8 8.4 8.4M12.2 3.8l-8.4 8.4"/>',
    "up": '<path d="m3.5 10 4.5-4.5 4.5 4.5"/>',
    "down": '<path d="m3.5 6 4.5 4.5L12.5 6"/>',
    "left": '<path d="M10 3.5 5.5 8l4.5 4.5"/>',
    "right": '<path d="m6 3.5 4.5 4.5L6 12.5"/>',
    "info": '<circle cx="8" cy="8" r="6"/><path d="M8 7.4v3.8M8 4.8h.01"/>',
    "success": '<circle cx="8" cy="8" r="6"/><path d="m5.3 8.2 1.9 1.9 3.6-3.9"/>',
    "warning": '<path d="M8 2.3 14.4 13.4H1.6z"/><path d="M8 6.5v3.2M8 11.5h.01"/>',
    "error": '<circle cx="8" cy="8" r="6"/><path d="M8 4.8v3.8M8 11.1h.01"/>',
    "lock": '<rect x="3" y="7" width="10" height="6.5" rx="1.5"/><path d="M5.2 7V5a2.8 2.8 0 0 1 5.6 0v2"/>',
    "globe": '<circle cx="8" cy="8" r="6"/><path d="M2.2 8h11.6M8 2c2 1.8 2.7 3.8 2.7 6S10 12.2 8 14c-2-1.8-2.7-3.8-2.7-6S6 3.8 8 2z"/>',
    "clock": '<circle cx="8" cy="8" r="6"/><path d="M8 4.6V8l2.4 1.6"/>',
    # Things
    "file": '<path d="M9.2 1.8H4.8a1 1 0 0 0-1 1v10.4a1 1 0 0 0 1 1h6.4a1 1 0 0 0 1-1V4.8z"/><path d="M9 2v3h3"/>',
    "code": '<path d="M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5"/>',
    "folder": '<path d="M1.8 12.2V3.8a1 1 0 0 1 1-1h3.4l1.6 1.9h5.4a1 1 0 0 1 1 1v6.5a1 1 0 0 1-1 1H2.8a1 1 0 0 1-1-1z"/>',
    "image": '<rect x="2" y="2.8" width="12" height="10.4" rx="1.5"/><circle cx="5.6" cy="6.2" r="1.1"/><path d="m2.4 12 3.7-3.4 2.3 2 2.3-2.6 3.1 3.3"/>',
    "table": '<rect x="2" y="2.8" width="12" height="10.4" rx="1.5"/><path d="M2 6.4h12M2 9.8h12M6.4 6.4v6.8"/>',
    "console": '<rect x="1.8" y="2.8" width="12.4" height="10.4" rx="1.5"/><path d="m4.5 6 2 2-2 2M8.3 10.2h3"/>',
    "chart": '<path d="M2.5 2.5v11h11"/><path d="m5 10 2.6-3.2 2 1.7 3.4-4.3"/>',
    "package": '<path d="m8 1.9 5.2 2.7v6.8L8 14.1l-5.2-2.7V4.6z"/><path d="m2.9 4.7 5.1 2.6 5.1-2.6M8 7.3V14M5.3 3.3l5.2 2.7"/>',
    "snapshot": '<rect x="1.8" y="4.2" width="12.4" height="9" rx="1.5"/><path d="M5.4 4.2 6.3 2.6h3.4l.9 1.6"/><circle cx="8" cy="8.7" r="2.4"/>',
    "difference": '<path d="M5 2.5v5M2.5 5h5M2.8 13h4.5M9 13l4.5-10.5"/>',
    "template": '<rect x="2" y="2" width="5" height="5" rx="1"/><rect x="9" y="2" width="5" height="5" rx="1"/>'
    '<rect x="2" y="9" width="5" height="5" rx="1"/><path d="M11.5 9.2v4.6M9.2 11.5h4.6"/>',
    "parameters": '<path d="M4 2.5v5M4 11v2.5M8 2.5V4M8 7.5v6M12 2.5v6M12 12v1.5"/><path d="M2.5 9.2h3M6.5 5.8h3M10.5 10.2h3"/>',
    "secret": '<circle cx="5" cy="10.8" r="2.9"/><path d="m7.1 8.8 6-6M10.8 5l2 2M12.3 3.5l1.2 1.2"/>',
    "batch": '<rect x="2" y="2" width="5" height="5" rx="1"/><rect x="9" y="2" width="5" height="5" rx="1"/>'
    '<rect x="2" y="9" width="5" height="5" rx="1"/><rect x="9" y="9" width="5" height="5" rx="1"/>',
    "history": '<path d="M2.8 8a5.2 5.2 0 1 0 1.6-3.8L2.5 6"/><path d="M2.5 2.5V6H6M8 5.2V8l2 1.3"/>',
}
